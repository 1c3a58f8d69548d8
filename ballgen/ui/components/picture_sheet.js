// Lays out small pictures so that each of their pixels becomes a square of whole device pixels.

const GAP = 4 // CSS px between pictures
const LABEL = 86 // CSS px for a label and its distance, as in the style sheet
const SMALLEST = 44 // CSS px of a picture's side; those that are larger by nature stay as they are
const LARGEST = 100
const CROWD = 16 // more pictures than this are shown smaller
const LARGEST_IN_CROWD = 70

const views = new WeakMap()

export default function ({ data, parentElement }) {
  let view = views.get(parentElement)
  if (!view) {
    view = new View(parentElement.querySelector(".sheet"))
    views.set(parentElement, view)
  }
  view.show(data)
  return () => {
    view.close()
    views.delete(parentElement)
  }
}

class View {
  constructor(host) {
    this.host = host
    this.redraw = () => this.draw()
    this.observer = new ResizeObserver(this.redraw)
    this.observer.observe(host)
    window.addEventListener("resize", this.redraw) // zooming may change nothing but the pixels
  }

  close() {
    this.observer.disconnect()
    window.removeEventListener("resize", this.redraw)
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
    const { width, height, sheetColumns } = this.data
    const across = width * factor
    const gap = Math.round(GAP * ratio)
    const canvas = element("canvas")
    canvas.width = (last - first) * (across + gap) - gap
    canvas.height = height * factor
    canvas.style.width = `${canvas.width / ratio}px`
    canvas.style.height = `${canvas.height / ratio}px`
    const pen = canvas.getContext("2d")
    pen.imageSmoothingEnabled = false
    for (let i = first; i < last; i++) {
      const left = (i % sheetColumns) * width
      const top = Math.floor(i / sheetColumns) * height
      const x = (i - first) * (across + gap)
      pen.drawImage(sheet, left, top, width, height, x, 0, across, canvas.height)
    }
    return canvas
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

function element(name, className = "") {
  const made = document.createElement(name)
  made.className = className
  return made
}

function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  return createImageBitmap(new Blob([bytes], { type: "image/webp" }))
}
