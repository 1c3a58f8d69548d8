// Stands before the script of each component that shows small images in rows.

const IMAGE_GAP = 2 // CSS px between small images
const LABEL = 86 // CSS px for a label and its distance, as in the style sheet
const SMALLEST = 44 // CSS px of an image's side; those that are larger by nature stay as they are
const LARGEST = 100
const CROWD = 16 // more images than this are shown smaller
const LARGEST_IN_CROWD = 70

// Rows of small images that wrap together; each of their pixels is a square of device pixels.
class Rows {
  constructor(host) {
    this.host = host
  }

  // Makes room for `count` images in each of `rows`; false where there is none.
  layOut({ rows, count, width, height, size }) {
    if (!this.host.clientWidth) return false
    const labelled = rows.some((row) => row.label)
    const ratio = window.devicePixelRatio || 1
    const room = this.host.clientWidth - (labelled ? LABEL : 0)
    const words = rows.flatMap((row) => [row.label, row.colour])
    const measured = [room, ratio, count, width, height, size, ...words].join()
    if (measured === this.measured) return true
    this.measured = measured
    const { columns, factor } = plan({ count, width, size }, room, ratio)
    const gap = Math.round(IMAGE_GAP * ratio)
    this.factor = factor
    this.step = width * factor + gap
    this.strips = []
    this.host.classList.toggle("plain", !labelled)
    const blocks = []
    for (let first = 0; first < count; first += columns) {
      const last = Math.min(first + columns, count)
      const block = element("div", "block")
      rows.forEach((row, index) => {
        const line = element("div", "row")
        const strip = canvas((last - first) * this.step - gap, height * factor, ratio)
        strip.className = size ? "large" : ""
        if (labelled) line.append(label(row))
        line.append(strip)
        block.append(line)
        this.strips.push({ strip, index, first, last })
      })
      blocks.push(block)
    }
    this.host.replaceChildren(...blocks)
    return true
  }

  // One sheet for each row; of a sheet that holds more, the images from `from` on.
  paint(sheets, data, from = 0) {
    for (const { strip, index, first, last } of this.strips)
      for (let i = first; i < last; i++)
        paint(strip, sheets[index], from + i, data, this.factor, (i - first) * this.step)
  }
}

// The enlargement and the number of columns that fill the room best, all lines equally long.
function plan({ count, width, size }, room, ratio) {
  const largest = size ? Math.min(size, room) : count > CROWD ? LARGEST_IN_CROWD : LARGEST
  const min = Math.max(1, Math.ceil((SMALLEST * ratio) / width))
  const max = Math.max(min, Math.floor((largest * ratio) / width))
  let best = null
  for (let factor = min; factor <= max; factor++) {
    const cell = (width * factor) / ratio + IMAGE_GAP
    const fitting = Math.max(1, Math.min(count, Math.floor((room + IMAGE_GAP) / cell)))
    let columns = fitting
    while (count % columns) columns--
    if (columns * 2 <= fitting) columns = fitting // a ragged end is better than half the room
    const used = columns * cell
    if (!best || used >= best.used) best = { columns, factor, used }
  }
  return best
}

function label({ label, colour }) {
  const tag = element("div", "label")
  tag.textContent = label
  tag.style.setProperty("--family", colour)
  return tag
}
