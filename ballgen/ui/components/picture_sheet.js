// Small pictures in rows.

export default function ({ data, parentElement }) {
  const { view, leave } = viewAt(parentElement, ".sheet", View)
  view.show(data)
  return leave
}

class View {
  constructor(host) {
    this.host = host
    this.rows = new Rows(host)
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
    if (this.data && this.rows.layOut(this.data)) this.rows.paint(this.sheets, this.data)
  }
}
