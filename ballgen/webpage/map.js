// The map: test images where their codes lie, and the decoder's answer under the pointer.
const SHAPES = 6; // as many symbols as the dashboard's map has

function drawSymbol(context, label, x, y, size) {
  const shape = label % SHAPES;
  context.fillStyle = data.classes[label].colour;
  context.beginPath();
  if (shape === 0) context.arc(x, y, size, 0, 2 * Math.PI);
  else if (shape === 2) context.rect(x - 0.85 * size, y - 0.85 * size, 1.7 * size, 1.7 * size);
  else if (shape === 3) polygon(context, [[0, -1.1], [1, 0.8], [-1, 0.8]], x, y, size);
  else if (shape === 1) polygon(context, [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]], x, y, size);
  else {
    const turn = shape === 4 ? Math.PI / 4 : 0;
    for (const angle of [turn, turn + Math.PI / 2]) {
      const corners = [[-1.2, -0.4], [1.2, -0.4], [1.2, 0.4], [-1.2, 0.4]];
      const turned = corners.map(([across, down]) => [
        across * Math.cos(angle) - down * Math.sin(angle),
        across * Math.sin(angle) + down * Math.cos(angle),
      ]);
      polygon(context, turned, x, y, size);
    }
  }
  context.fill();
}

function polygon(context, corners, x, y, size) {
  corners.forEach(([across, down], i) => {
    context[i ? "lineTo" : "moveTo"](x + across * size, y + down * size);
  });
  context.closePath();
}

async function startMap({ points: packed, codes: packedCodes, labels, spacing, far, neighbours, sheet }) {
  const canvas = element("map-field");
  const context = canvas.getContext("2d");
  const points = rowsOf(packed, labels.length);
  const codes = rowsOf(packedCodes, labels.length);
  const view = { x: 0, y: 0, zoom: 1 }; // what is in the middle, and how large
  const [width, height] = [0, 1].map((axis) => 2 * Math.max(...points.map((point) => Math.abs(point[axis])), 1e-6));
  const middle = points.reduce((best, point) => (Math.hypot(...point) < Math.hypot(...best) ? point : best));
  let place = { x: middle[0], y: middle[1] }; // that is decoded
  let drawThumbnail = null;
  let asked = false;

  // px of the screen in one unit of the map, which has no unit of its own: it fills its frame, but
  // is not drawn out by more than half.
  function scales() {
    const across = (canvas.clientWidth - 40) / width;
    const down = (canvas.clientHeight - 40) / height;
    return [Math.min(across, 1.5 * down) * view.zoom, Math.min(down, 1.5 * across) * view.zoom];
  }
  const toScreen = (x, y, [across, down]) => [
    canvas.clientWidth / 2 + (x - view.x) * across,
    canvas.clientHeight / 2 - (y - view.y) * down,
  ];
  function toMap(left, top) {
    const [across, down] = scales();
    return {
      x: view.x + (left - canvas.clientWidth / 2) / across,
      y: view.y - (top - canvas.clientHeight / 2) / down,
    };
  }

  function draw() {
    asked = false;
    const scale = devicePixelRatio;
    canvas.width = Math.round(canvas.clientWidth * scale); // which also clears it
    canvas.height = Math.round(canvas.clientHeight * scale);
    context.scale(scale, scale);
    const sizes = scales();
    const size = Math.min(64, 20 + 8 * (view.zoom - 1)); // px of a thumbnail
    const shown = [];
    points.forEach(([x, y], i) => {
      const [left, top] = toScreen(x, y, sizes);
      if (left < -size || top < -size || left > canvas.clientWidth + size || top > canvas.clientHeight + size) return;
      const free = shown.every(([, a, b]) => Math.abs(a - left) > size + 3 || Math.abs(b - top) > size + 3);
      if (free && drawThumbnail) shown.push([i, left, top]);
      else drawSymbol(context, labels[i], left, top, 3);
    });
    for (const [i, left, top] of shown) {
      context.fillStyle = data.classes[labels[i]].colour;
      context.fillRect(left - size / 2 - 1.5, top - size / 2 - 1.5, size + 3, size + 3);
      drawThumbnail(context, i, left - size / 2, top - size / 2, size, size);
    }
    const [left, top] = toScreen(place.x, place.y, sizes);
    for (const [colour, thick] of [["#ffffff", 5], ["#14161a", 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = thick;
      context.beginPath();
      context.arc(left, top, 9, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  function redraw() {
    if (!asked) requestAnimationFrame(draw);
    asked = true;
  }

  // As `Embedding.inverse_transform` has it: the codes of the nearest points, by 1 / distance².
  function look(at) {
    place = at;
    redraw();
    const distances = points.map(([x, y], i) => [Math.hypot(x - at.x, y - at.y), i]);
    const nearest = distances.sort((a, b) => a[0] - b[0]).slice(0, neighbours);
    const least = Math.max(nearest[0][0], 1e-9 * spacing);
    const weights = nearest.map(([distance]) => (least / Math.max(distance, 1e-9 * spacing)) ** 2);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const code = new Float32Array(codes[0].length);
    nearest.forEach(([, i], n) => {
      for (let d = 0; d < code.length; d++) code[d] += (weights[n] / total) * codes[i][d];
    });
    decode("map", [code], (images) => paint(element("map-image"), images));
    element("map-text").textContent = nearest[0][0] > far * spacing
      ? "No test image lies near. Decoded from a mean of these latent codes:"
      : "Decoded from a mean of these latent codes:";
    [...element("map-mix").children].forEach((item, n) => {
      const [thumbnail, share] = item.children;
      drawThumbnail?.(thumbnail.getContext("2d"), nearest[n][1], 0, 0, thumbnail.width, thumbnail.height);
      share.textContent = `${Math.round((100 * weights[n]) / total)}%`;
    });
  }

  function zoom(factor, at = { x: view.x, y: view.y }) {
    const next = Math.max(1, Math.min(40, view.zoom * factor));
    const share = view.zoom / next;
    view.x = at.x + (view.x - at.x) * share;
    view.y = at.y + (view.y - at.y) * share;
    if (next === 1) view.x = view.y = 0;
    view.zoom = next;
    redraw();
  }

  function pan(left, top) {
    const [across, down] = scales();
    view.x = Math.max(-width / 2, Math.min(width / 2, view.x - left / across));
    view.y = Math.max(-height / 2, Math.min(height / 2, view.y + top / down));
    redraw();
  }

  // One finger, or the mouse, looks; two fingers, or the pressed mouse where it is zoomed, move.
  const held = new Map();
  const where = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, where(event));
    if (held.size === 1) look(toMap(...where(event)));
  });
  canvas.addEventListener("pointermove", (event) => {
    const [left, top] = where(event);
    const before = held.get(event.pointerId);
    if (before && held.size === 2) {
      const [other] = [...held].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const span = (at) => Math.hypot(at[0] - other[0], at[1] - other[1]);
      pan((left - before[0]) / 2, (top - before[1]) / 2);
      const middle = toMap((left + other[0]) / 2, (top + other[1]) / 2);
      zoom(span([left, top]) / Math.max(1, span(before)), middle);
    } else if (before && event.pointerType === "mouse" && view.zoom > 1) {
      pan(left - before[0], top - before[1]);
    } else if (!held.size || before) look(toMap(left, top));
    if (before) held.set(event.pointerId, [left, top]);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => held.delete(event.pointerId));
  }
  canvas.addEventListener("wheel", (event) => {
    if (view.zoom === 1 && event.deltaY > 0) return; // all is seen: the page scrolls on
    event.preventDefault();
    zoom(2 ** (-event.deltaY / 300), toMap(...where(event)));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const step = 0.02 / view.zoom;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (event.key in moves) {
      const [x, y] = moves[event.key];
      look({ x: place.x + x, y: place.y + y });
    } else if ("+=".includes(event.key)) zoom(1.5, place);
    else if (event.key === "-") zoom(1 / 1.5, place);
    else if (event.key === "0") zoom(0);
    else return;
    event.preventDefault();
  });
  element("zoom-in").addEventListener("click", () => zoom(1.5));
  element("zoom-out").addEventListener("click", () => zoom(1 / 1.5));

  for (let n = 0; n < neighbours; n++) {
    const thumbnail = make("canvas", { width: WIDTH, height: HEIGHT });
    thumbnail.style.width = "40px";
    thumbnail.style.maxWidth = "100%";
    element("map-mix").append(make("li", {}, thumbnail, make("span", { textContent: "0%" })));
  }
  for (const [label, { name }] of data.classes.entries()) {
    if (!labels.includes(label) || !data.legend) continue;
    const symbol = make("canvas", { width: 28, height: 28 });
    symbol.style.width = "14px";
    drawSymbol(symbol.getContext("2d"), label, 14, 14, 10);
    element("legend").append(make("li", {}, symbol, name));
  }
  const resize = () => {
    makeRoom(element("map-image"), innerWidth > NARROW ? 288 : 128);
    look(place);
  };
  addEventListener("resize", resize);
  resize();
  drawThumbnail = await openSheet(sheet, labels.length);
  look(place);
}

if (data.map.missing) {
  element("latent-map").className = "missing";
  document.querySelector("#latent-map .note").textContent = data.map.missing;
} else startMap(data.map);
