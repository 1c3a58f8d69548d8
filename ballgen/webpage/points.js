// Draws points: 100,000 of them in a few milliseconds, on any machine.

// Outlines of the symbols within ±1, down is positive: circle, diamond, square, triangle, x, cross;
// the last one, a ring, is that of random draws.
const BAR = [[-1, -0.36], [-0.36, -0.36], [-0.36, -1], [0.36, -1], [0.36, -0.36], [1, -0.36],
  [1, 0.36], [0.36, 0.36], [0.36, 1], [-0.36, 1], [-0.36, 0.36], [-1, 0.36]];
const OUTLINES = [
  null,
  [[0, -1], [1, 0], [0, 1], [-1, 0]],
  [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]],
  [[0, -1], [0.95, 0.75], [-0.95, 0.75]],
  BAR.map(([x, y]) => [0.72 * (x - y), 0.72 * (x + y)]),
  BAR,
];
const RING = 6;
const RIM = 0.8; // px of the screen
const FINE = 2.2; // px of the screen: smaller symbols have no rim and no smooth edge
const BINS = 4096; // of depth

function tracePoint(pen, shape, x, y, radius) {
  pen.beginPath();
  const outline = OUTLINES[shape];
  if (!outline) pen.arc(x, y, 0.9 * radius, 0, 2 * Math.PI);
  else for (const [across, down] of outline) pen.lineTo(x + across * radius, y + down * radius);
  pen.closePath();
}

function drawPoint(pen, shape, x, y, radius, colour) {
  tracePoint(pen, shape, x, y, radius);
  pen.fillStyle = pen.strokeStyle = colour;
  if (shape !== RING) pen.fill();
  else {
    pen.lineWidth = Math.max(1, 0.45 * radius);
    pen.stroke();
  }
}

// Writes the points' pixels by itself, into memory that the canvas then shows: each symbol is drawn
// once, as a stamp. Around it lies a rim, which parts points that overlap.
class Points {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
  }

  // places (N × 3: across, up, how far away), colours (N × 4, an alpha of 0 hides), shapes (N), and
  // the order of drawing, null for that of the rows
  load(arrays) {
    Object.assign(this, arrays);
  }

  // radius, depth  of a symbol in px, and of the space in its own unit; 0 for a flat one
  draw(count, frame, radius, rim, depth) {
    const { places, colours, shapes, pen } = this;
    const { ratio } = frame;
    const { width, height } = this.canvas;
    const stamps = this.stampsOf(radius * ratio);
    const { room } = stamps; // px around what is seen, so that no stamp is cut
    const wide = width + 2 * room;
    const high = height + 2 * room;
    if (this.image?.width !== wide || this.image.height !== high) {
      this.image = new ImageData(wide, high);
      this.pixels = new Uint32Array(this.image.data.buffer);
    } else this.pixels.fill(0);
    const { pixels } = this;
    const inks = new Uint32Array(colours.buffer, colours.byteOffset, count); // as memory has them
    const ground = (rim[0] | (rim[1] << 8) | (rim[2] << 16)) >>> 0;
    const offsets = ({ x, y }) => x.map((across, k) => y[k] * wide + across);
    const placed = stamps.shapes.map(({ core, edge }) => [offsets(core), offsets(edge), edge.share]);
    const order = depth ? this.farthestFirst(count, depth) : this.order;
    const [across, up] = [frame.across * ratio, frame.down * ratio];
    const [left, top] = [wide / 2 - frame.x * across, high / 2 + frame.y * up];
    for (let n = 0; n < count; n++) {
      const i = order ? order[n] : n;
      const ink = inks[i];
      if (ink < 0x1000000) continue; // hidden
      const x = (left + places[3 * i] * across) | 0;
      const y = (top - places[3 * i + 1] * up) | 0;
      if (x < room || y < room || x >= wide - room || y >= high - room) continue;
      const [core, edge, shares] = placed[shapes[i]];
      const at = y * wide + x;
      for (let k = 0; k < core.length; k++) pixels[at + core[k]] = ink;
      for (let k = 0; k < edge.length; k++) pixels[at + edge[k]] = mixed(ink, ground, shares[k]);
    }
    pen.putImageData(this.image, -room, -room);
  }

  // For each shape the pixels around its middle: those of its ink alone, and those at its edge with
  // the share that is its ink's, in 256ths.
  stampsOf(radius) {
    if (this.stamps?.radius === radius) return this.stamps;
    const room = Math.ceil(radius) + 2;
    const size = 2 * room + 1;
    const board = Object.assign(document.createElement("canvas"), { width: size, height: size });
    const pen = board.getContext("2d", { willReadFrequently: true });
    const coverage = (draw) => {
      pen.clearRect(0, 0, size, size);
      draw();
      return pen.getImageData(0, 0, size, size).data;
    };
    const middle = room + 0.5;
    const shapes = Array.from({ length: RING + 1 }, (_, shape) => {
      const symbol = coverage(() => drawPoint(pen, shape, middle, middle, radius, "#000000"));
      const whole = coverage(() => {
        drawPoint(pen, shape, middle, middle, radius, "#000000");
        if (shape !== RING && radius >= FINE) Object.assign(pen, { lineWidth: 2 * RIM, lineJoin: "round" }).stroke();
      });
      const parts = { core: { x: [], y: [], share: [] }, edge: { x: [], y: [], share: [] } };
      for (let at = 0; at < size * size; at++) {
        const [own, all] = [symbol[4 * at + 3], whole[4 * at + 3]];
        if (all < 100) continue;
        const { x, y, share } = own > 215 || radius < FINE ? parts.core : parts.edge;
        x.push((at % size) - room);
        y.push(Math.floor(at / size) - room);
        share.push(own);
      }
      for (const one of Object.values(parts))
        for (const name of Object.keys(one)) one[name] = Int32Array.from(one[name]);
      return parts;
    });
    this.stamps = { radius, room, shapes };
    return this.stamps;
  }

  farthestFirst(count, depth) {
    const { places } = this;
    const bin = (i) => Math.max(0, Math.min(BINS - 1, ((0.5 - places[3 * i + 2] / depth) * BINS) | 0));
    const starts = new Uint32Array(BINS + 1);
    for (let i = 0; i < count; i++) starts[bin(i) + 1]++;
    for (let b = 0; b < BINS; b++) starts[b + 1] += starts[b];
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[starts[bin(i)]++] = i;
    return order;
  }
}

function mixed(ink, edge, share) {
  const rest = 256 - share;
  const odd = ((ink & 0xff00ff) * share + (edge & 0xff00ff) * rest) >>> 8;
  const green = ((ink & 0xff00) * share + (edge & 0xff00) * rest) >>> 8;
  return (0xff000000 | (odd & 0xff00ff) | (green & 0xff00)) >>> 0;
}
