// Runs a decoder's layers (layers.py says what each does) on typed arrays: in a worker, so that no
// drag waits for it. Convolutions are matrix products, as in Chellapilla et al. 2006.
"use strict";

function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

// What packing.py wrote, as floats.
function unpack(packed) {
  if (packed.half) {
    const halves = new Uint16Array(bytesOf(packed.half).buffer);
    return Float32Array.from(halves, (half) => {
      const sign = half & 0x8000 ? -1 : 1;
      const exponent = (half >> 10) & 31;
      const fraction = half & 1023;
      if (!exponent) return sign * fraction * 2 ** -24;
      return exponent < 31 ? sign * (1024 + fraction) * 2 ** (exponent - 25) : NaN;
    });
  }
  const scales = new Float32Array(bytesOf(packed.scales).buffer);
  const small = new Int8Array(bytesOf(packed.bytes).buffer);
  const columns = small.length / scales.length;
  return Float32Array.from(small, (value, i) => value * scales[(i / columns) | 0]);
}

// (rows, inner) times (inner, columns), two by four numbers at a time: their sums stay in registers.
function multiply(matrix, rows, x, columns) {
  const inner = matrix.length / rows;
  const out = new Float32Array(rows * columns);
  for (let m = 0; m < rows; m += 2) {
    // Where fewer rows or columns are left the last one is computed again.
    const below = Math.min(m + 1, rows - 1);
    const a = m * inner, b = below * inner;
    for (let n = 0; n < columns; n += 4) {
      const last = columns - 1 - n;
      const n1 = Math.min(1, last), n2 = Math.min(2, last), n3 = Math.min(3, last);
      let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
      for (let k = 0, place = n; k < inner; k++, place += columns) {
        const x0 = x[place], x1 = x[place + n1], x2 = x[place + n2], x3 = x[place + n3];
        const ka = matrix[a + k], kb = matrix[b + k];
        a0 += ka * x0; a1 += ka * x1; a2 += ka * x2; a3 += ka * x3;
        b0 += kb * x0; b1 += kb * x1; b2 += kb * x2; b3 += kb * x3;
      }
      const up = m * columns + n, down = below * columns + n;
      out[up] = a0; out[up + n1] = a1; out[up + n2] = a2; out[up + n3] = a3;
      out[down] = b0; out[down + n1] = b1; out[down + n2] = b2; out[down + n3] = b3;
    }
  }
  return out;
}

// Each value of a channel plus that channel's bias.
function addBias(values, bias) {
  const size = values.length / bias.length;
  for (let i = 0; i < values.length; i++) values[i] += bias[(i / size) | 0];
  return values;
}

function affine(layer, x, columns) {
  return addBias(multiply(layer.matrix, layer.matrix.length / (x.length / columns), x, columns),
    layer.bias);
}

// Each takes maps {data, shape: [channels, rows, columns]} and gives such.
const OPERATIONS = {
  linear: (layer, maps) => ({ data: affine(layer, maps.data, 1), shape: layer.sizes }),
  // Every number adds a kernel of 4 × 4 to the outputs around twice its place.
  up(layer, { data: x, shape: [, height, width] }) {
    const channels = layer.bias.length;
    const kernels = multiply(layer.matrix, 16 * channels, x, height * width);
    const data = new Float32Array(4 * channels * height * width);
    for (let row = 0, from = 0; row < 16 * channels; row++) {
      const channel = row >> 4, down = ((row >> 2) & 3) - 1, across = (row & 3) - 1;
      for (let y = 0; y < height; y++, from += width) {
        const into = 2 * y + down;
        if (into < 0 || into >= 2 * height) continue;
        const place = (channel * 2 * height + into) * 2 * width + across;
        const last = across > 0 ? width - (across === 2) : width;
        for (let i = across < 0 ? 1 : 0; i < last; i++) data[place + 2 * i] += kernels[from + i];
      }
    }
    return { data: addBias(data, layer.bias), shape: [channels, 2 * height, 2 * width] };
  },
  conv(layer, { data: x, shape: [inputs, height, width] }) {
    const size = height * width;
    const shifted = new Float32Array(9 * inputs * size);
    for (let row = 0; row < 9 * inputs; row++) {
      const channel = (row / 9) | 0, down = (((row % 9) / 3) | 0) - 1, across = (row % 3) - 1;
      const left = Math.max(0, -across), right = Math.min(width, width - across);
      for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
        const from = (channel * height + y + down) * width + left + across;
        shifted.set(x.subarray(from, from + right - left), row * size + y * width + left);
      }
    }
    return { data: affine(layer, shifted, size), shape: [layer.bias.length, height, width] };
  },
  modulate(layer, maps, code) {
    const gains = affine(layer, code, 1);
    const [channels] = maps.shape;
    const size = maps.data.length / channels;
    const shifts = gains.length > channels ? gains.subarray(channels) : new Float32Array(channels);
    return each(maps, (x, i) => x * (1 + gains[(i / size) | 0]) + shifts[(i / size) | 0]);
  },
  keep(layer, maps, code, kept) {
    kept.push(maps.data.slice());
    return maps;
  },
  add(layer, maps, code, kept) {
    const before = kept.pop();
    return each(maps, (x, i) => x + before[i]);
  },
  crop(layer, { data: x, shape: [channels, rows, columns] }) {
    const [top, left, height, width] = layer.sizes;
    const data = new Float32Array(channels * height * width);
    for (let line = 0; line < channels * height; line++) {
      const y = ((line / height) | 0) * rows + top + (line % height);
      data.set(x.subarray(y * columns + left, y * columns + left + width), line * width);
    }
    return { data, shape: [channels, height, width] };
  },
  silu: (layer, maps) => each(maps, (x) => x / (1 + Math.exp(-x))),
  relu: (layer, maps) => each(maps, (x) => (x > 0 ? x : 0)),
  sigmoid: (layer, maps) => each(maps, (x) => 1 / (1 + Math.exp(-x))),
};

function each(maps, change) {
  for (let i = 0; i < maps.data.length; i++) maps.data[i] = change(maps.data[i], i);
  return maps;
}

// A function from a code (Float32Array of D) to the pixels of its image (H × W × RGBA).
function makeDecoder(packed) {
  const layers = packed.map((layer) => ({
    ...layer,
    matrix: layer.matrix && unpack(layer.matrix),
    bias: layer.bias && unpack(layer.bias),
  }));
  return (code) => {
    let maps = { data: code, shape: [code.length, 1, 1] };
    const kept = [];
    for (const layer of layers) maps = OPERATIONS[layer.op](layer, maps, code, kept);
    const size = maps.shape[1] * maps.shape[2];
    const green = maps.shape[0] === 1 ? 0 : size; // a gray image has one channel for all three
    const pixels = new Uint8ClampedArray(4 * size).fill(255);
    for (let i = 0; i < size; i++) {
      for (let c = 0; c < 3; c++) pixels[4 * i + c] = 255 * maps.data[i + c * green];
    }
    return pixels;
  };
}
