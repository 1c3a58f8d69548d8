// A row of a figure: a cell of images for each column, with what was measured on them below it.

export default function ({ data, parentElement, setTriggerValue }) {
  const { view, leave } = viewAt(parentElement, ".figure-row", Figure)
  view.ask = () => setTriggerValue("touched", true)
  view.show(data)
  return leave
}

const GAP = 2 // CSS px between images
const FEW = 12 // images; more of them stand in more columns, so that their cell stays as wide
const NEARLY = 0.85 // of the size that there is room for: then each pixel becomes a square

class Figure extends Following {
  draw() {
    const { data, host } = this
    if (!data || !host.clientWidth) return
    const ruler = host.querySelector(".side") ?? host.appendChild(element("i", "side"))
    const side = ruler.getBoundingClientRect().width
    const columns = Number(getComputedStyle(ruler).getPropertyValue("--figure-columns")) || 4
    const measured = [side, columns, window.devicePixelRatio].join()
    if (this.drawn !== data || this.measured !== measured) {
      Object.assign(this, { drawn: data, measured, grid: fit(data, side, columns) })
      this.lay(ruler)
    }
    this.paint()
  }

  lay(ruler) {
    const { data, grid, host } = this
    this.canvases = []
    const cells = data.rows.map((row, column) => this.cell(row, data.columns[column]))
    host.style.setProperty("--figure-n", cells.length)
    host.replaceChildren(ruler, words("label", data.title, data.hint), ...cells)
    host.classList.toggle("headed", data.headed)
    host.dataset.columns = grid.columns
  }

  cell(row, { title, name, colour, note }) {
    const { data, grid } = this
    const cell = element("div", "cell")
    cell.style.setProperty("--family", colour)
    if (data.headed) {
      const head = words("head", title, name)
      if (note) head.append(words("note", note))
      cell.append(head)
    }
    const images = element("div", "images")
    const made = row.sheet ? canvas(grid.width, grid.height, grid.ratio) : null
    if (made) {
      made.style.imageRendering = grid.exact ? "pixelated" : "auto"
      made.setAttribute("role", "img")
      made.setAttribute("aria-label", row.alt)
      images.append(made)
    } else images.append(words("words", row.words))
    this.canvases.push(made)
    cell.append(images, words("score", row.score, row.origin))
    return cell
  }

  paint() {
    const { data, sheets, grid, frame } = this
    data.rows.forEach((row, number) => {
      if (!row.sheet) return
      const from = row.frames > 1 ? frame * data.count : 0
      const size = { ...data, sheetColumns: row.sheetColumns }
      for (let i = 0; i < data.count; i++) {
        const x = (i % grid.columns) * grid.across
        const y = Math.floor(i / grid.columns) * grid.down
        paint(this.canvases[number], sheets[number], from + i, size, grid.factor, x, y)
      }
    })
  }
}

// How large the images become, all in device px but `side`, the CSS px of one of a few images.
function fit({ count, width, height }, side, few) {
  const ratio = window.devicePixelRatio || 1
  const columns = count > FEW ? Math.round(few * 1.4) : few
  const whole = few * side + (few - 1) * GAP
  const room = ((whole - (columns - 1) * GAP) / columns) * ratio
  let factor = Math.floor(room / width)
  const exact = factor * width >= NEARLY * room
  if (!exact) factor = Math.ceil(room / width)
  const shrunk = exact ? 1 : (factor * width) / room // the browser makes it smaller
  const gap = Math.round(GAP * ratio * shrunk)
  const across = width * factor + gap
  const down = height * factor + gap
  const size = [columns * across - gap, Math.ceil(count / columns) * down - gap]
  return { columns, factor, exact, across, down, width: size[0], height: size[1], ratio: ratio * shrunk }
}

function words(name, first, second = "") {
  const made = element("div", name)
  for (const [kind, text] of [["b", first], ["span", second]])
    if (text) made.append(Object.assign(element(kind), { textContent: text }))
  return made
}
