// Stands before the script of the upload: a .zip whose files are stored as they are, for images are
// packed already. The same files give the same bytes: one date for all, and the order is the caller's.

const LIMIT = 65_535 // files; more take an extended kind of .zip
const SLICE = 2 ** 20 // bytes that are read at once
const BREATH = 30 // ms of work, after which the page may answer
const ENCODER = new TextEncoder()
const UTF_8 = 0x0800 // the flag that says what names are in
const NEW_YEAR_1980 = 33 // the first day that a .zip can name

const CRC = new Uint32Array(256).map((_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

// How many bytes a file adds to a .zip.
function zippedSize(path, size) {
  return 30 + 46 + 2 * ENCODER.encode(path).length + size
}

let rested = 0

// Lets the page draw and answer; what reading files calls would else go before it. Not where nobody
// sees the page: there a browser lets one wait for a second.
async function breathe() {
  if (document.hidden || performance.now() - rested < BREATH) return
  await new Promise((done) => setTimeout(done))
  rested = performance.now()
}

// A file of `size` bytes as a .zip holds it; calls `onRead` with numbers of bytes. Raises what reading
// it raises. Its own size is not asked for: that may take the browser a third of a millisecond.
async function stored(path, file, size, onRead) {
  const slices = []
  let crc = -1
  let at = 0
  do {
    const part = size > SLICE ? file.slice(at, at + SLICE) : file
    const bytes = new Uint8Array(await part.arrayBuffer())
    for (let i = 0; i < bytes.length; i++) crc = CRC[(crc ^ bytes[i]) & 255] ^ (crc >>> 8)
    slices.push(bytes)
    at = bytes.length ? at + bytes.length : size
    onRead(bytes.length)
    if (at < size) await breathe()
  } while (at < size)
  const content = new Blob(slices)
  return { name: ENCODER.encode(path), crc: ~crc >>> 0, size: content.size, content }
}

// A .zip of files from `stored`.
function zipped(files) {
  const parts = []
  const directory = []
  let at = 0
  for (const { name, crc, size, content } of files) {
    const date = [2, 0, 2, NEW_YEAR_1980]
    const known = [2, 20, 2, UTF_8, 2, 0, ...date, 4, crc, 4, size, 4, size, 2, name.length, 2, 0]
    const local = fields(4, 0x04034b50, ...known)
    directory.push(fields(4, 0x02014b50, 2, 20, ...known, 2, 0, 2, 0, 2, 0, 4, 0, 4, at), name)
    parts.push(local, name, content)
    at += local.length + name.length + size
  }
  const index = new Blob(directory)
  const counts = [2, files.length, 2, files.length]
  const end = fields(4, 0x06054b50, 2, 0, 2, 0, ...counts, 4, index.size, 4, at, 2, 0)
  return new Blob([...parts, index, end], { type: "application/zip" })
}

// Whole numbers of 2 or 4 bytes, each after its length.
function fields(...pairs) {
  const bytes = []
  for (let at = 0; at < pairs.length; at += 2)
    for (let place = 0; place < pairs[at]; place++) bytes.push((pairs[at + 1] >>> (8 * place)) & 255)
  return new Uint8Array(bytes)
}
