// Grids of points of a map that the server decoded: a coarse one first, then finer ones.
class DecodedGrid {
  // identity  of the map
  // sides     [[side, rows that come at once], …] of the grids
  // box       [[left, bottom], [right, top]] of the points
  // tile      [width, height] of an image in px
  constructor({ identity, sides, box, tile }) {
    Object.assign(this, { identity, sides, box, tile })
    this.whole = null // the finest grid that is there
    this.making = null
    this.settled = false // no finer one is wanted
  }

  // What is to be asked for next: the rest of the grid that has begun, or a finer one.
  next() {
    if (this.settled) return null
    const { side, rows } = this.making ?? { side: 0, rows: 0 }
    const [wanted] = this.sides.find(([one]) => one > side || (one === side && rows < one)) ?? []
    return wanted ? { side: wanted, first: wanted === side ? rows : 0 } : null
  }

  // Rows of a grid on a sheet of so many columns; says whether the whole grid is there now.
  take({ side, first, distances, lengths }, sheet, columns) {
    if (this.making?.side !== side) {
      const atlas = canvas(side * this.tile[0], side * this.tile[1], 1)
      this.making = { side, rows: 0, canvas: atlas, distances: [], lengths: [] }
    }
    const { making, tile } = this
    if (first !== making.rows) return false // it is there already
    const [, atOnce] = this.sides.find(([one]) => one === side)
    const rows = Math.min(atOnce, side - first)
    const across = Math.min(columns, rows * side)
    const pen = making.canvas.getContext("2d")
    for (let i = 0; i < rows * side; i++) {
      const from = [(i % across) * tile[0], Math.floor(i / across) * tile[1]]
      const to = [(i % side) * tile[0], (first + Math.floor(i / side)) * tile[1]]
      pen.drawImage(sheet, ...from, ...tile, ...to, ...tile)
    }
    making.distances.push(...distances)
    making.lengths.push(...lengths)
    making.rows += rows
    if (making.rows < side) return false
    this.whole = making
    return true
  }

  // The four grid points around a place, with their weights, and distance and length between them.
  at(place) {
    const { whole, box } = this
    if (!whole) return null
    const [x, y] = [0, 1].map((axis) => {
      const share = (place[axis] - box[0][axis]) / (box[1][axis] - box[0][axis])
      return Math.max(0, Math.min(1, share)) * (whole.side - 1)
    })
    const [column, line] = [x, y].map((number) => Math.min(whole.side - 2, Math.floor(number)))
    const parts = [0, 1].flatMap((up) =>
      [0, 1].map((across) => {
        const weight = (across ? x - column : 1 - x + column) * (up ? y - line : 1 - y + line)
        return [column + across, line + up, weight]
      }),
    )
    const mean = (numbers) => parts.reduce((sum, [c, l, weight]) => sum + weight * numbers[l * whole.side + c], 0)
    const [distance, length] = [whole.distances, whole.lengths].map((all) => (all.length ? mean(all) : undefined))
    return { parts, distance, length }
  }

  // The mean of those four images: each gets the share that it has of those so far.
  blend(pen, parts, [width, height]) {
    let total = 0
    for (const [column, line, weight] of parts) {
      if (weight <= 0) continue
      total += weight
      pen.globalAlpha = weight / total
      this.draw(pen, column, line, 0, 0, width, height)
    }
    pen.globalAlpha = 1
  }

  draw(pen, column, line, ...where) {
    const [width, height] = this.tile
    pen.drawImage(this.whole.canvas, column * width, line * height, width, height, ...where)
  }

  // All of it where it belongs, as many as are seen.
  paint(pen, toScreen, { width, height }) {
    if (!this.whole) return
    const { side } = this.whole
    const [[left, bottom], [right, top]] = this.box.map((corner) => toScreen(corner))
    const [across, up] = [(right - left) / (side - 1), (bottom - top) / (side - 1)]
    const every = Math.max(1, Math.ceil(SEEN / Math.max(1, Math.min(across, up))))
    const [wide, high] = [every * across, every * up]
    pen.globalAlpha = FAINT
    for (let line = every >> 1; line < side; line += every)
      for (let column = every >> 1; column < side; column += every) {
        const [x, y] = [left + column * across - wide / 2, bottom - line * up - high / 2]
        if (x > -wide && y > -high && x < width && y < height) this.draw(pen, column, line, x, y, wide, high)
      }
    pen.globalAlpha = 1
  }
}

const SEEN = 26 // px of an image, at least
const FAINT = 0.8
