/// What is asked of a page, in its own language.
enum PageChecks {
  /// Opens every closed part.
  static let openAll = "document.querySelectorAll('details').forEach(element => { element.open = true; }); 0"

  /// Pairs of texts that lie on each other, as far as they can be seen without scrolling sideways, or in a
  /// part of the page that scrolls.
  static let overlaps = """
    (() => {
      const boxes = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode;
        const parent = node.parentElement;
        if (!node.data.trim() || !parent.checkVisibility({ visibilityProperty: true })) continue;
        if (parent.closest('template, script, style, option, title, defs')) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const window = parent.closest('.tall')?.getBoundingClientRect();
        for (const box of range.getClientRects()) {
          if (box.width < 1 || box.right > innerWidth + 1) continue;
          if (window && (box.bottom > window.bottom || box.top < window.top)) continue;
          const inset = box.height * 0.2;
          boxes.push({ l: box.left + 0.5, r: box.right - 0.5, t: box.top + inset, b: box.bottom - inset, text: node.data.trim() });
        }
      }
      // What figures share is text, too, wherever it is used.
      for (const use of document.querySelectorAll('figure use')) {
        if (!use.checkVisibility()) continue;
        const text = document.getElementById(use.getAttribute('href').slice(1)).textContent.trim();
        const box = use.getBoundingClientRect();
        if (!text || box.width < 1 || box.right > innerWidth + 1) continue;
        const inset = Math.min(box.height * 0.2, 4);
        boxes.push({ l: box.left + 0.5, r: box.right - 0.5, t: box.top + inset, b: box.bottom - inset, text });
      }
      boxes.sort((a, b) => a.t - b.t);
      const found = [];
      for (let i = 0; i < boxes.length; i += 1) {
        for (let j = i + 1; j < boxes.length && boxes[j].t < boxes[i].b; j += 1) {
          if (boxes[i].l < boxes[j].r && boxes[j].l < boxes[i].r) found.push(boxes[i].text + ' | ' + boxes[j].text);
        }
      }
      return found.slice(0, 20);
    })()
    """

  /// Whether the page is wider than the window.
  static let isTooWide = "document.documentElement.scrollWidth > innerWidth + 1"

  /// Texts with less contrast than WCAG asks for at level AA.
  static let lowContrast = """
    (() => {
      const parse = color => (color.match(/[0-9.]+/g) || []).map(Number);
      const luminance = color => {
        const part = color.slice(0, 3).map(value => {
          const v = value / 255;
          return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
      };
      const ground = element => {
        for (let e = element; e; e = e.parentElement) {
          const color = parse(getComputedStyle(e).backgroundColor);
          if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
      };
      const found = new Set();
      let count = 0;
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !parent.checkVisibility()) continue;
        if (parent.closest('template, script, style, title, defs')) continue;
        const style = getComputedStyle(parent);
        const color = parse(parent instanceof SVGElement ? style.fill : style.color);
        const [a, b] = [luminance(color), luminance(ground(parent))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        count += 1;
        if (ratio < (isLarge ? 3 : 4.5)) found.add(ratio.toFixed(2) + ' ' + walker.currentNode.data.trim().slice(0, 40));
      }
      return count < 50 ? ['only ' + count + ' texts'] : Array.from(found).slice(0, 20);
    })()
    """

  /// Links within the page that lead nowhere.
  static let deadLinks = """
    Array.from(document.querySelectorAll('a[href^="#"], use')).map(link => link.getAttribute('href').slice(1))
      .filter(id => !document.getElementById(id)).slice(0, 20)
    """

  /// The names in the first column of the table, top to bottom.
  static let names = """
    Array.from(document.querySelectorAll('table.layers tbody tr')).filter(row => !row.hidden)
      .map(row => row.cells[0].textContent)
    """

  /// The values of a column, top to bottom.
  static func values(_ title: String) -> String {
    """
    (() => {
      const heads = Array.from(document.querySelectorAll('table.layers thead th'));
      const column = heads.findIndex(head => head.querySelector('.sort').textContent === '\(title)');
      return Array.from(document.querySelectorAll('table.layers tbody tr')).map(row => row.cells[column].dataset.v || '');
    })()
    """
  }

  /// Clicks a heading of the table.
  static func sort(_ title: String) -> String {
    """
    Array.from(document.querySelectorAll('.sort button')).find(button => button.textContent === '\(title)').click()
    """
  }
}
