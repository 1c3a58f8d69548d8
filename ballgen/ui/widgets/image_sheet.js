// Small images in rows, which can follow sliders.

export default function ({ data, parentElement }) {
  const { view, leave } = viewAt(parentElement, ".sheet", View)
  view.show(data)
  return leave
}

class View extends Following {
  constructor(host) {
    super(host)
    this.rows = new Rows(host)
  }

  draw() {
    const { data, sheets, frame } = this
    if (data && this.rows.layOut(data)) this.rows.paint(sheets, data, frame * data.count)
  }
}
