// Lays out small pictures so that each of their pixels becomes a square of whole device pixels.

const GAP = 4 // CSS px between pictures
const LABEL = 86 // CSS px for a label and its distance, as in the style sheet
const SMALLEST = 44 // CSS px of a picture's side; those that are larger by nature stay as they are
const LARGEST = 100
const CROWD = 16 // more pictures than this are shown smaller
const LARGEST_IN_CROWD = 70

export default function ({ data, parentElement }) {
  const { view, leave } = viewAt(parentElement, ".sheet", View)
  view.show(data)
  return leave
}

class View {
  constructor(host) {
    this.host = host
    this.close = watchRoom(host, () => this.draw())
  }

  // The old pictures stay until the new ones are decoded, so that nothing flashes.
  async show(data) {
    this.wanted = data
    this.host.setAttribute("aria-label", data.alt)
    const sheets = await Promise.all(data.rows.map((row) => decode(row.sheet)))
    if (this.wanted !== data) return // overtaken by newer ones
    this.data = data
    this.sheets = sheets
    this.draw()
  }

  draw() {
    if (!this.data || !this.host.clientWidth) return
    const labelled = this.data.rows.some((row) => row.label)
    const ratio = window.devicePixelRatio || 1
    const room = this.host.clientWidth - (labelled ? LABEL : 0)
    const { columns, factor } = plan(this.data, room, ratio)
    this.host.classList.toggle("plain", !labelled)
    const blocks = []
    for (let first = 0; first < this.data.count; first += columns) {
      const last = Math.min(first + columns, this.data.count)
      const block = element("div", "block")
      this.data.rows.forEach((row, index) => {
        const line = element("div", "row")
        if (labelled) line.append(label(row))
        line.append(this.strip(this.sheets[index], first, last, factor, ratio))
        block.append(line)
      })
      blocks.push(block)
    }
    this.host.replaceChildren(...blocks)
  }

  // Pictures first..last of a sheet in one line.
  strip(sheet, first, last, factor, ratio) {
    const { width, height } = this.data
    const across = width * factor
    const gap = Math.round(GAP * ratio)
    const strip = canvas((last - first) * (across + gap) - gap, height * factor, ratio)
    for (let i = first; i < last; i++)
      paint(strip, sheet, i, this.data, factor, (i - first) * (across + gap))
    return strip
  }
}

// The enlargement and the number of columns that fill the room best, all lines equally long.
function plan({ count, width }, room, ratio) {
  const largest = count > CROWD ? LARGEST_IN_CROWD : LARGEST
  const least = Math.max(1, Math.ceil((SMALLEST * ratio) / width))
  const most = Math.max(least, Math.floor((largest * ratio) / width))
  let best = null
  for (let factor = least; factor <= most; factor++) {
    const cell = (width * factor) / ratio + GAP
    const fitting = Math.max(1, Math.min(count, Math.floor((room + GAP) / cell)))
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
