// What the parts of the page share: its numbers, decoding in workers, and drawing images.
const data = JSON.parse(document.getElementById("data").textContent);
const [, HEIGHT, WIDTH] = data.shape;
const NARROW = 760; // px, as in page.css
const element = (id) => document.getElementById(id);

// The rows of a packed matrix (N, D).
function rowsOf(packed, count) {
  const all = unpack(packed);
  const size = all.length / count;
  return Array.from({ length: count }, (_, row) => all.subarray(row * size, (row + 1) * size));
}

// --- decoding ------------------------------------------------------------------------------------

const waiting = [];
const workers = [];
const channels = new Map(); // what is drawn at one place: name → {running, next}

function startWorkers() {
  const source = `${element("decoder").textContent}
    let decode;
    onmessage = ({ data }) => {
      if (data.layers) { decode = makeDecoder(data.layers); return; }
      const pixels = decode(data.code);
      postMessage(pixels, [pixels.buffer]);
    };`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  for (let i = 0; i < Math.min(4, navigator.hardwareConcurrency || 2); i++) {
    const one = { worker: new Worker(address), task: null };
    one.worker.onmessage = ({ data: pixels }) => {
      const { done } = one.task;
      one.task = null;
      done(pixels);
      serve();
    };
    one.worker.postMessage({ layers: data.layers });
    workers.push(one);
  }
}

function serve() {
  for (const one of workers) {
    if (one.task || !waiting.length) continue;
    one.task = waiting.shift();
    one.worker.postMessage({ code: one.task.code });
  }
}

// Decode codes, then call `show` with their images. While they are decoded only the latest call
// for the same channel is kept, so that a drag never lags behind.
function decode(name, codes, show) {
  const channel = channels.get(name) ?? { running: null, next: null };
  channels.set(name, channel);
  channel.next = { codes, show };
  if (!channel.running) run(channel);
}

function run(channel) {
  const { codes, show } = (channel.running = channel.next);
  channel.next = null;
  const images = new Array(codes.length);
  let missing = codes.length;
  codes.forEach((code, place) => {
    waiting.push({
      code: Float32Array.from(code),
      done(pixels) {
        images[place] = new ImageData(pixels, WIDTH, HEIGHT);
        if (--missing) return;
        channel.running = null;
        show(images);
        if (channel.next) run(channel);
      },
    });
  });
  serve();
}

// --- drawing -------------------------------------------------------------------------------------

const GAP = Math.max(1, Math.round(WIDTH / 16)); // px of an image, between two of them

// Room for columns × rows of images at most `room` px wide: by whole factors of the screen's
// pixels, so that every pixel of an image stays a square.
function makeRoom(canvas, room, columns = 1, rows = 1) {
  const width = columns * (WIDTH + GAP) - GAP;
  const height = rows * (HEIGHT + GAP) - GAP;
  const scale = Math.max(1, Math.floor((room * devicePixelRatio) / width)) / devicePixelRatio;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.style.width = `${Math.min(room, width * scale)}px`;
  canvas.style.height = `${Math.min(room, width * scale) * (height / width)}px`;
}

function paint(canvas, images) {
  const context = canvas.getContext("2d");
  const columns = Math.round((canvas.width + GAP) / (WIDTH + GAP));
  images.forEach((image, i) => {
    context.putImageData(image, (i % columns) * (WIDTH + GAP), Math.floor(i / columns) * (HEIGHT + GAP));
  });
}

// A sheet of images, from an address that holds it: `draw(context, number, x, y, width, height)`.
async function openSheet(address, count) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const columns = Math.min(32, count);
  const width = image.width / columns;
  const height = image.height / Math.ceil(count / columns);
  return (context, number, x, y, wide, high) => {
    const left = (number % columns) * width;
    const top = Math.floor(number / columns) * height;
    context.drawImage(image, left, top, width, height, x, y, wide, high);
  };
}

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

startWorkers();
