// A field of points that can be moved, zoomed and turned: where they are, and how they are drawn.
const REACH = 10; // px: nearer to a point is on it
const LARGEST_ZOOM = 60;
const FADED = 0.3; // of a point's colour

class Scatter {
  constructor(host) {
    this.host = host;
    this.view = { x: 0, y: 0, zoom: 1 };
    const layers = ["back", "middle", "front"].map((name) => [name, document.createElement("canvas")]);
    Object.assign(this, Object.fromEntries(layers));
    host.append(this.back, this.middle, this.front);
    for (const canvas of [this.back, this.middle]) canvas.setAttribute("aria-hidden", "true");
    this.points = new Points(this.middle);
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(host);
  }

  // places   Float32Array, `dims` (2 or 3) numbers for each point
  // colours  Uint8Array, red, green and blue of each point
  // shapes   Uint8Array, a symbol of each point
  // rim      [red, green, blue] around each symbol; by default the ground
  // inner    how many points, from the first, are images: others are not counted as near
  setPoints({ places, dims, colours, shapes, rim, inner = shapes.length }) {
    Object.assign(this, { places, dims, shapes, rim, inner, count: shapes.length });
    this.own = colours;
    this.colours = new Uint8Array(4 * this.count);
    this.turned = [0.5, 0.35]; // in three dimensions, radians about the vertical and the horizontal
    const ends = [0, 1, 2].map((axis) => {
      let [low, high] = [Infinity, -Infinity];
      for (let i = axis; axis < dims && i < places.length; i += dims) {
        low = Math.min(low, places[i]);
        high = Math.max(high, places[i]);
      }
      return low < high ? [low, high] : low === high ? [low - 0.5, high + 0.5] : [0, 0];
    });
    this.ends = ends;
    this.middleOf = ends.map(([low, high]) => (low + high) / 2);
    this.span = ends.map(([low, high]) => high - low);
    const diagonal = Math.hypot(...this.span);
    if (dims === 3) this.span = [0.8 * diagonal, 0.8 * diagonal, diagonal];
    this.view = { x: 0, y: 0, zoom: 1 };
    this.place = null;
    this.turn();
    this.show();
  }

  // Which points are not shown at all, and which ones fade behind the others, by their row.
  show(isHidden = () => false, isFaded = () => false) {
    const ground = this.rim ?? groundOf(this.host);
    this.hidden = Uint8Array.from({ length: this.count }, (_, i) => isHidden(i));
    this.faded = Uint8Array.from({ length: this.count }, (_, i) => isFaded(i));
    for (let i = 0; i < this.count; i++) {
      const share = this.faded[i] ? FADED : 1;
      for (let c = 0; c < 3; c++) this.colours[4 * i + c] = ground[c] + share * (this.own[3 * i + c] - ground[c]);
      this.colours[4 * i + 3] = this.hidden[i] ? 0 : 255;
    }
    const rows = Array.from({ length: this.count }, (_, i) => i);
    const some = this.faded.includes(1);
    this.order = some ? rows.filter((i) => this.faded[i]).concat(rows.filter((i) => !this.faded[i])) : null;
    this.tiles = null;
    this.upload();
  }

  // sheet  draws the image of a point: sheet(pen, row, x, y, width, height)
  // ratio  of an image's width to its height
  // tiled  whether points are images where there is room
  setThumbnails(sheet, ratio, tiled = true) {
    Object.assign(this, { sheet, ratio, tiled, tiles: null, seen: "" });
    this.redraw();
  }

  // `flat` (count × 3): across, up and depth about the middle, as all points are seen now.
  turn() {
    const { places, dims, count, middleOf } = this;
    this.flat = new Float32Array(3 * count);
    this.axes = this.orientation();
    const [x0, y0, z0] = middleOf;
    for (let i = 0; i < count; i++) {
      const [x, y] = [places[dims * i] - x0, places[dims * i + 1] - y0];
      const z = dims === 3 ? places[dims * i + 2] - z0 : 0;
      for (let axis = 0; axis < 3; axis++) {
        const [a, b, c] = this.axes[axis];
        this.flat[3 * i + axis] = a * x + b * y + c * z;
      }
    }
    this.tiles = null;
    this.upload();
  }

  orientation() {
    if (this.dims === 2) return [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
    const [[a, b], [c, d]] = this.turned.map((angle) => [Math.cos(angle), Math.sin(angle)]);
    return [[a, 0, b], [b * d, c, -a * d], [b * c, -d, -a * c]]; // the last: how far away
  }

  rotate([x, y, z]) {
    return this.axes.map((row) => row[0] * x + row[1] * y + row[2] * z);
  }

  upload() {
    if (!this.count) return;
    this.points.load({ places: this.flat, colours: this.colours, shapes: this.shapes, order: this.order });
    this.seen = "";
    this.redraw();
  }

  // --- where things are --------------------------------------------------------------------------

  // px in one unit of the map, which has no unit of its own: it fills its frame, but is not drawn
  // out by more than half.
  frame() {
    const { clientWidth: width, clientHeight: height } = this.host;
    const room = Math.max(48, 0.09 * Math.min(width, height));
    let across = (width - room) / this.span[0];
    let down = (height - room) / this.span[1];
    const stretch = this.dims === 3 ? 1 : 1.5;
    [across, down] = [Math.min(across, stretch * down), Math.min(down, stretch * across)];
    const { x, y, zoom } = this.view;
    return { x, y, across: across * zoom, down: down * zoom, width, height, ratio: window.devicePixelRatio || 1 };
  }

  toScreen(place, frame = this.frame()) {
    const at = this.middleOf.map((middle, axis) => (axis < this.dims ? place[axis] - middle : 0));
    return this.onScreen(...this.rotate(at), frame);
  }

  onScreen(x, y, _, frame) {
    const left = frame.width / 2 + (x - frame.x) * frame.across;
    return [left, frame.height / 2 - (y - frame.y) * frame.down];
  }

  // The place on a flat map at px of the screen.
  toMap(left, top, frame = this.frame()) {
    const x = frame.x + (left - frame.width / 2) / frame.across + this.middleOf[0];
    return [x, frame.y - (top - frame.height / 2) / frame.down + this.middleOf[1]];
  }

  // The seen point at px of the screen, or -1.
  pointAt(left, top) {
    const frame = this.frame();
    const { flat, hidden } = this;
    let [best, nearest, front] = [-1, REACH * REACH, Infinity];
    for (let i = 0; i < this.count; i++) {
      if (hidden[i]) continue;
      const across = frame.width / 2 + (flat[3 * i] - frame.x) * frame.across - left;
      const down = frame.height / 2 - (flat[3 * i + 1] - frame.y) * frame.down - top;
      const far = across * across + down * down;
      if (far < nearest || (far < 16 && flat[3 * i + 2] < front)) {
        [best, nearest, front] = [i, Math.min(far, nearest), flat[3 * i + 2]];
      }
    }
    return this.thumbAt(left, top, frame) ?? best;
  }

  // The images nearest to a place, as [distance, row], the nearest first.
  nearest(place, wanted) {
    const { places, dims } = this;
    const found = [];
    for (let i = 0; i < this.inner; i++) {
      let square = 0;
      for (let axis = 0; axis < dims; axis++) square += (places[dims * i + axis] - place[axis]) ** 2;
      if (found.length === wanted && square >= found[wanted - 1][0]) continue;
      let at = found.length;
      while (at && found[at - 1][0] > square) at--;
      found.splice(at, 0, [square, i]);
      found.length = Math.min(wanted, found.length);
    }
    return found.map(([square, row]) => [Math.sqrt(square), row]);
  }

  placeOf(row) {
    return Array.from(this.places.subarray(this.dims * row, this.dims * (row + 1)));
  }

  // --- drawing -----------------------------------------------------------------------------------

  redraw() {
    if (!this.asked) this.asked = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.asked = 0;
    if (!this.count) return;
    const frame = this.frame();
    if (frame.width < 1 || frame.height < 1) return;
    const size = [Math.round(frame.width * frame.ratio), Math.round(frame.height * frame.ratio)];
    for (const canvas of [this.back, this.middle, this.front]) {
      if (canvas.width === size[0] && canvas.height === size[1]) continue;
      [canvas.width, canvas.height] = size;
      this.seen = "";
    }
    // Points and what is behind them stay while only the pointer moves.
    const rim = this.rim ?? groundOf(this.host);
    const now = JSON.stringify([frame, rim]);
    if (now !== this.seen) {
      this.seen = now;
      this.paintBack?.(this.pen(this.back, frame), (place) => this.toScreen(place, frame));
      this.points.draw(this.count, frame, this.radius(), rim, this.dims === 3 ? this.span[2] : 0);
      this.shownTiles = this.placeTiles(frame);
    }
    const pen = this.pen(this.front, frame);
    if (this.dims === 3) this.drawBox(pen, frame);
    this.drawTiles(pen);
    this.paintFront?.(pen, (place) => this.toScreen(place, frame));
  }

  pen(canvas, { width, height, ratio }) {
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  }

  // Many points are small, few are large, and so are those that are left when it is zoomed in.
  radius() {
    const seen = this.count / this.view.zoom ** 2;
    return Math.max(1.1, Math.min(6, 4.2 * (1500 / Math.max(seen, 400)) ** 0.3));
  }

  // Images where there is room for them: the same ones however the map is moved, so that none
  // flickers, and more of them the further it is zoomed in.
  placeTiles(frame) {
    if (!this.sheet || !this.tiled || this.dims === 3) return [];
    const step = Math.round(2 * Math.log2(this.view.zoom));
    const size = Math.min(56, 26 + 5 * step);
    const key = [step, frame.width, frame.height].join();
    if (this.tiles?.key !== key) this.tiles = { key, size, rows: this.chooseTiles(frame, size, step) };
    const shown = [];
    for (const row of this.tiles.rows) {
      const [left, top] = this.onScreen(this.flat[3 * row], this.flat[3 * row + 1], 0, frame);
      if (left > -size && top > -size && left < frame.width + size && top < frame.height + size) {
        shown.push([row, left, top]);
      }
    }
    return shown;
  }

  chooseTiles(frame, size, step) {
    const exact = 2 ** (step / 2) / this.view.zoom;
    const [wide, high] = [(size + 5) / (frame.across * exact), (size / this.ratio + 5) / (frame.down * exact)];
    const taken = new Map();
    const rows = [];
    for (let i = 0; i < this.inner; i++) {
      if (this.hidden[i] || this.faded[i]) continue;
      const [x, y] = [this.flat[3 * i] / wide, this.flat[3 * i + 1] / high];
      const [column, line] = [Math.floor(x), Math.floor(y)];
      let free = true;
      for (let c = column - 1; free && c <= column + 1; c++)
        for (let l = line - 1; free && l <= line + 1; l++) {
          const other = taken.get(c * 65536 + l);
          free = !other || Math.abs(other[0] - x) >= 1 || Math.abs(other[1] - y) >= 1;
        }
      if (!free) continue;
      taken.set(column * 65536 + line, [x, y]);
      rows.push(i);
    }
    return rows;
  }

  drawTiles(pen) {
    const size = this.tiles?.size;
    for (const [row, left, top] of this.shownTiles) {
      const [wide, high] = [size, size / this.ratio];
      const [r, g, b] = this.colours.subarray(4 * row, 4 * row + 3);
      pen.fillStyle = `rgb(${r},${g},${b})`;
      pen.fillRect(left - wide / 2 - 1.5, top - high / 2 - 1.5, wide + 3, high + 3);
      this.sheet(pen, row, left - wide / 2, top - high / 2, wide, high);
    }
  }

  thumbAt(left, top) {
    const size = this.tiles?.size / 2;
    const under = (this.shownTiles ?? []).find(
      ([, x, y]) => Math.abs(x - left) < size && Math.abs(y - top) < size / this.ratio,
    );
    return under?.[0];
  }

  // The edges of the space, so that turning is seen.
  drawBox(pen, frame) {
    const corner = (at) => this.toScreen(this.ends.map((end, axis) => end[(at >> axis) & 1]), frame);
    pen.strokeStyle = "rgba(138, 138, 138, 0.45)";
    pen.lineWidth = 1;
    pen.beginPath();
    for (let from = 0; from < 8; from++)
      for (const bit of [1, 2, 4]) {
        if (from & bit) continue;
        pen.moveTo(...corner(from));
        pen.lineTo(...corner(from | bit));
      }
    pen.stroke();
  }

  // An outline, given in px of the screen.
  drawPath(pen, path, open = false) {
    pen.beginPath();
    for (const corner of path) pen.lineTo(...corner);
    if (!open) pen.closePath();
    pen.setLineDash([5, 4]);
    for (const [colour, thick] of [["rgba(255, 255, 255, 0.7)", 3], [getComputedStyle(this.host).color, 1.5]]) {
      Object.assign(pen, { strokeStyle: colour, lineWidth: thick });
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  // A ring around the place that is looked at.
  drawRing(pen, [left, top], radius = 9, colour = "#14161a") {
    for (const [stroke, thick] of [["#ffffff", 5], [colour, 2]]) {
      Object.assign(pen, { strokeStyle: stroke, lineWidth: thick });
      pen.beginPath();
      pen.arc(left, top, radius, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  // --- moving it ------------------------------------------------------------------------------------

  zoom(factor, left = this.host.clientWidth / 2, top = this.host.clientHeight / 2) {
    const { view } = this;
    const frame = this.frame();
    const next = Math.max(1, Math.min(LARGEST_ZOOM, view.zoom * factor));
    const share = 1 - view.zoom / next;
    view.x += ((left - frame.width / 2) / frame.across) * share;
    view.y -= ((top - frame.height / 2) / frame.down) * share;
    view.zoom = next;
    this.pan(0, 0);
  }

  pan(across, down) {
    const { view, span } = this;
    const frame = this.frame();
    const edge = 1 - 1 / view.zoom; // all of it is seen: it stays where it is
    view.x = Math.max(-span[0] / 2, Math.min(span[0] / 2, view.x - across / frame.across)) * Math.sign(edge);
    view.y = Math.max(-span[1] / 2, Math.min(span[1] / 2, view.y + down / frame.down)) * Math.sign(edge);
    this.redraw();
  }

  rotateBy(across, down) {
    this.turned[0] += across / 150;
    this.turned[1] = Math.max(-1.5, Math.min(1.5, this.turned[1] + down / 150));
    this.turn();
  }

  close() {
    cancelAnimationFrame(this.asked);
    this.observer.disconnect();
  }
}

function groundOf(host) {
  return getComputedStyle(host).backgroundColor.match(/[\d.]+/g).slice(0, 3).map(Number);
}
