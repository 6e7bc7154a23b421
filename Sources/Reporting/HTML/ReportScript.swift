import Figures

/// The page's script: sorting, filtering, opening, saving, and the choice between light and dark.
///
/// It makes no element from text, asks for nothing from anywhere, and the page says all it has to say without it.
enum ReportScript {
  static let text = #"""

    'use strict';
    (function () {
      // Of a figure, in a pixel.
      const UNITS = \#(StyleSheet.unitsPerPixel);
      const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
      all('[data-js]').forEach(element => { element.hidden = false; });

      const theme = document.querySelector('.theme');
      theme.addEventListener('click', () => {
        const root = document.documentElement;
        const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
        root.dataset.theme = dark ? 'light' : 'dark';
      });

      // Numbers by size, words by letters, what is empty always last.
      function compare(first, second, direction) {
        const a = first.dataset.v, b = second.dataset.v;
        const empty = cell => cell.dataset.v === undefined && cell.textContent === '';
        if (empty(first) || empty(second)) return empty(first) - empty(second);
        const order = a !== undefined && b !== undefined
          ? Number(a) - Number(b)
          : first.textContent.localeCompare(second.textContent, undefined, { numeric: true });
        return direction * order;
      }

      all('table.layers').forEach(table => {
        const body = table.tBodies[0];
        const original = Array.from(body.rows);
        const heads = Array.from(table.tHead.rows[0].cells);
        heads.forEach((head, column) => {
          const label = head.querySelector('.sort');
          const button = document.createElement('button');
          button.type = 'button';
          button.textContent = label.textContent;
          label.replaceChildren(button);
          button.addEventListener('click', () => {
            const state = head.getAttribute('aria-sort');
            heads.forEach(other => other.removeAttribute('aria-sort'));
            // Ascending, descending, as it was.
            const next = state === null ? 'ascending' : state === 'ascending' ? 'descending' : null;
            if (next) head.setAttribute('aria-sort', next);
            const direction = next === 'descending' ? -1 : 1;
            const rows = next
              ? original.slice().sort((x, y) => compare(x.cells[column], y.cells[column], direction))
              : original;
            body.append(...rows);
          });
        });

        original.forEach(row => {
          const target = row.querySelector('th a');
          if (!target) return;
          row.classList.add('link');
          row.addEventListener('click', event => {
            if (event.target.closest('a')) return;
            target.click();
          });
        });

        const form = table.closest('.card').querySelector('.filter');
        const [input, output] = ['input', 'output'].map(name => form.querySelector(name));
        const selects = all('select', form);
        function filter() {
          const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
          let count = 0;
          original.forEach(row => {
            const text = row.textContent.toLowerCase();
            const fits = words.every(word => text.includes(word))
              && selects.every(select => !select.value
                || all('.' + select.dataset.part, row).some(part => part.textContent === select.value));
            row.hidden = !fits;
            if (fits) count += 1;
          });
          output.textContent = (count === original.length ? count : count + ' of ' + original.length)
            + ' ' + output.dataset.things;
        }
        form.addEventListener('submit', event => event.preventDefault());
        input.addEventListener('input', filter);
        selects.forEach(select => select.addEventListener('input', filter));
      });

      // A link to a layer opens it.
      function open() {
        const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        if (target && target.tagName === 'DETAILS') target.open = true;
      }
      addEventListener('hashchange', open);
      all('a[href^="#m"]').forEach(link => link.addEventListener('click', () => {
        const target = document.getElementById(link.getAttribute('href').slice(1));
        if (target && target.tagName === 'DETAILS') target.open = true;
      }));
      open();

      // A figure as a file: on white, with the style sheet that figures of the command line have.
      all('figure').forEach(figure => {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'save';
        button.textContent = 'Save SVG';
        figure.append(button);
        button.addEventListener('click', () => save(figure.querySelector('svg')));
      });

      function save(drawing) {
        const copy = drawing.cloneNode(true);
        // What it shares with other figures comes along.
        all('use', copy).forEach(use => {
          const shared = document.getElementById(use.getAttribute('href').slice(1)).cloneNode(true);
          shared.removeAttribute('id');
          use.replaceWith(shared);
        });
        const box = drawing.viewBox.baseVal;
        copy.setAttribute('class', 'figure');
        copy.setAttribute('width', box.width / UNITS);
        copy.setAttribute('height', box.height / UNITS);
        const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
        ground.setAttribute('class', 'fw');
        ground.setAttribute('width', box.width);
        ground.setAttribute('height', box.height);
        const style = document.createElementNS('http://www.w3.org/2000/svg', 'style');
        style.textContent = document.getElementById('figure-style').content.textContent;
        copy.prepend(style, ground);
        const text = new XMLSerializer().serializeToString(copy);
        const link = document.createElement('a');
        link.href = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
        const name = copy.querySelector('text').textContent.replace(/[^A-Za-z0-9._-]+/g, '-');
        link.download = name + '.svg';
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      }
    })();

    """#
}
