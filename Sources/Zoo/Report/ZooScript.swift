import Figures

/// What the page of a zoo has beside that of every page: a choice of axes, and the layers of a model.
///
/// Like the script of every page it makes no element from text and asks for nothing from anywhere.
enum ZooScript {
  static let text = #"""

    (function () {
      const data = JSON.parse(document.getElementById('zoo').textContent);
      const UNITS = \#(StyleSheet.unitsPerPixel);
      const WIDTH = 420, MARGIN = 8, LINE = 16;
      const said = index => data.texts[index];
      const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

      function add(parent, name, attributes, text) {
        const element = parent instanceof SVGElement
          ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
        for (const key of Object.keys(attributes)) element.setAttribute(key, attributes[key]);
        if (text !== undefined) element.textContent = text;
        parent.append(element);
        return element;
      }

      // Axes: marks at multiples of 1, 2 or 5 powers of ten, or at powers of ten.
      function marks(axis, most) {
        const [low, high] = axis.range;
        if (axis.log) {
          const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
          const factors = last - first > 1 ? [1] : [1, 2, 5];
          const values = spread(first - 1, last, Math.max(1, Math.ceil((last - first) / most)))
            .flatMap(power => factors.map(factor => factor * 10 ** power)).filter(value => value >= low && value <= high);
          if (values.length > 1) return values.map(value => ({ value, text: number(value, 0) }));
        }
        // One mark alone does not say how long the axis is.
        for (let count = most; ; count += 1) {
          const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
          const step = Math.max(axis.whole ? 1 : 0, [1, 2, 5, 10].map(factor => factor * power).find(value => value >= raw * (1 - 1e-9)));
          const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
          const places = spread(Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9), 1);
          if (places.length < 2 && count < 10) continue;
          return places.map(place => ({ value: place * step, text: number(place * step, digits) }));
        }
      }

      function spread(first, last, step) {
        const values = [];
        for (let value = first; value <= last; value += step) values.push(value);
        return values;
      }

      function number(value, digits) {
        const size = Math.abs(value), sign = value < 0 ? '−' : '';
        if (size < 1e6) return (Number(size.toFixed(digits)) ? sign : '') + size.toFixed(digits);
        const power = Math.floor(Math.log10(size) + 1e-9), factor = Number((size / 10 ** power).toPrecision(3));
        const raised = String(power).replace(/./g, digit => '⁰¹²³⁴⁵⁶⁷⁸⁹'[digit]);
        return sign + (factor === 1 ? '' : factor + '·') + '10' + raised;
      }

      // The range of an axis that shows all values, with some margin.
      function range(values, isLog, always) {
        const places = values.concat(always || []).map(value => isLog ? Math.log10(value) : value);
        let low = places.reduce((a, b) => Math.min(a, b)), high = places.reduce((a, b) => Math.max(a, b));
        if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high))) {
          const half = isLog ? 0.5 : Math.max(Math.abs(low) * 0.1, 0.5);
          [low, high] = [low - half, high + half];
        }
        const extra = 0.04 * (high - low);
        return [low - extra, high + extra].map(place => isLog ? 10 ** place : place);
      }

      // A figure like those that are there already: title, notes, legend, axes, a band, dots.
      function draw(drawing, figure) {
        drawing.replaceChildren();
        const at = (x, y) => ({ x: x * UNITS, y: y * UNITS });
        const text = (string, x, y, look) => add(drawing, 'text', { ...at(x, y), class: look }, string);
        const width = element => element.getComputedTextLength() / UNITS;
        const path = (look, d) => add(drawing, 'path', { class: look, d });
        const segment = (x1, y1, x2, y2) => 'M' + [x1, y1].map(v => v * UNITS) + 'L' + [x2, y2].map(v => v * UNITS);
        let bottom = MARGIN + 13.5;
        const title = text(figure.title, MARGIN, bottom - 2, 'h');
        for (let kept = figure.title.length; kept > 8 && width(title) > WIDTH - 2 * MARGIN; kept -= 1) {
          title.textContent = figure.title.slice(0, Math.ceil(kept / 2)) + '…' + figure.title.slice(-Math.floor(kept / 2));
        }
        figure.notes.forEach(note => text(note, MARGIN, bottom += LINE, 'n'));
        if (figure.legend.length) {
          let x = MARGIN;
          bottom += LINE + 4;
          figure.legend.forEach(item => {
            const label = text(item.name, 0, 0, '');
            for (let kept = item.name.length; kept > 4 && width(label) > WIDTH - 2 * MARGIN - 26; kept -= 1) {
              label.textContent = item.name.slice(0, kept - 1) + '…';
            }
            const length = 26 + width(label);
            if (x > MARGIN && x + length > WIDTH - MARGIN) [x, bottom] = [MARGIN, bottom + LINE];
            label.setAttribute('x', (x + 26) * UNITS);
            label.setAttribute('y', bottom * UNITS);
            add(drawing, 'circle', { class: item.look, cx: (x + 10) * UNITS, cy: (bottom - 4) * UNITS, r: 3.4 * UNITS });
            x += length + 12;
          });
          bottom += 2;
        }
        text(figure.y.title, MARGIN, bottom += LINE + 6, 'k');
        const top = bottom + 8, end = top + figure.height;
        const up = marks(figure.y, Math.max(2, Math.floor(figure.height / 40)));
        const labels = up.map(mark => text(mark.text, 0, 0, 'k r'));
        const left = MARGIN + 8 + Math.max(...labels.map(width)), right = WIDTH - MARGIN - 8;
        const share = (axis, value) => {
          const place = axis.log ? Math.log10 : v => v;
          return (place(value) - place(axis.range[0])) / (place(axis.range[1]) - place(axis.range[0]));
        };
        const across = value => left + share(figure.x, value) * (right - left);
        const height = value => end - share(figure.y, value) * figure.height;
        path('i sg', up.map(mark => segment(left, height(mark.value), right, height(mark.value))).join(''));
        up.forEach((mark, index) => {
          labels[index].setAttribute('x', (left - 7) * UNITS);
          labels[index].setAttribute('y', (height(mark.value) + 3.8) * UNITS);
        });
        if (figure.band) {
          const [high, low] = [figure.band[1], figure.band[0]].map(height);
          path('be', segment(left, low, right, low) + 'L' + [right * UNITS, high * UNITS] + 'L' + [left * UNITS, high * UNITS] + 'z');
        }
        const radius = figure.dots.length > 150 ? 2 : figure.dots.length > 60 ? 2.6 : 3.4;
        figure.dots.forEach(dot => {
          const place = { class: dot.look, cx: across(dot.x) * UNITS, cy: height(dot.y) * UNITS, r: radius * UNITS };
          const circle = add(drawing, 'circle', dot.model === undefined ? place : { ...place, 'data-model': dot.model });
          add(circle, 'title', {}, dot.title);
        });
        const below = marks(figure.x, 5);
        path('i sm', segment(left, end, right, end)
          + below.map(mark => segment(across(mark.value), end, across(mark.value), end + 4)).join(''));
        below.forEach(mark => text(mark.text, across(mark.value), end + 17, 'k c'));
        text(figure.x.title, right, end + 20 + LINE, 'k r');
        drawing.setAttribute('viewBox', '0 0 ' + WIDTH * UNITS + ' ' + (end + 30 + LINE) * UNITS);
      }

      // Models against two quantities.
      const choices = ['x', 'y'].map(id => document.getElementById('axis-' + id));
      if (choices[0]) choices.forEach(choice => choice.addEventListener('input', scatter));

      function scatter() {
        const [x, y] = choices.map(choice => data.axes[Number(choice.value)]);
        const drawing = document.querySelector('#scatter svg');
        const both = data.models.name.map((_, model) => model)
          .filter(model => x.values[model] !== null && y.values[model] !== null);
        const present = new Set(both.map(model => data.models.family[model]));
        const shown = data.families.filter((_, family) => present.has(family));
        const legend = shown.filter(family => family.look !== data.others);
        const rest = data.families.filter(family => family.look === data.others).length;
        if (shown.length > legend.length) legend.push({ name: rest + ' other families', look: data.others });
        const axis = quantity => ({
          title: quantity.title, log: quantity.log,
          range: both.length ? range(both.map(model => quantity.values[model]), quantity.log) : quantity.log ? [1, 10] : [0, 1],
        });
        draw(drawing, {
          title: data.title, notes: ['Models that have both quantities: ' + both.length + '.'], legend, height: 266,
          x: axis(x), y: axis(y),
          dots: both.map(model => ({
            x: x.values[model], y: y.values[model], model, title: said(data.models.name[model]),
            look: data.families[data.models.family[model]].look,
          })),
        });
        [drawing.dataset.x, drawing.dataset.y] = [x.name, y.name];
        hideFiltered();
      }

      // Dots of models that the filter of the table leaves out.
      function hideFiltered() {
        all('circle[data-model]').forEach(circle => {
          circle.toggleAttribute('hidden', document.getElementById('m' + circle.dataset.model).hidden);
        });
      }
      all('form.filter input, form.filter select').forEach(field => field.addEventListener('input', hideFiltered));

      // The layers of a model.
      const card = document.getElementById('model');

      function show(model) {
        if (!card || !(model in data.models.name)) return;
        const { models, layers } = data;
        const result = models.result[model];
        const rows = spread(layers.start[result], layers.start[result + 1] - 1, 1);
        const name = said(models.name[model]);
        card.hidden = false;
        const heading = card.querySelector('h2');
        heading.textContent = name;
        card.querySelector('.path').textContent = said(models.path[model]);
        card.querySelector('.facts-line').textContent = [
          data.families[models.family[model]].name, said(models.format[model]), said(models.state[model]),
          said(models.error[model]), rows.length + (rows.length === 1 ? ' layer' : ' layers'),
        ].filter(Boolean).join(' · ');
        const body = card.querySelector('tbody');
        body.replaceChildren();
        card.querySelector('.scroll').hidden = rows.length === 0;
        rows.forEach(row => {
          const line = add(body, 'tr', {});
          add(line, 'th', { scope: 'row' }, said(layers.name[row]));
          add(line, 'td', {}, said(layers.kind[row]));
          add(line, 'td', {}, said(layers.shape[row]));
          data.columns.forEach(column => {
            const value = layers[column.name][row];
            const isDoubtful = column.name === 'alpha' && !layers.credible[row];
            add(line, 'td', { class: isDoubtful ? 'r n' : 'r' }, value === null ? '' : number(value, column.digits));
          });
          const cell = add(line, 'td', {});
          const phase = data.phases[layers.phase[row]];
          if (phase) {
            const mark = add(cell, 'span', { class: 'phase' });
            add(mark, 'i', { class: phase.mark });
            mark.append(phase.name);
          }
          add(line, 'td', { class: 'n wide' }, said(layers.note[row]));
        });
        depth(name, rows);
        card.scrollIntoView();
        heading.focus({ preventScroll: true });
      }

      function depth(name, rows) {
        const { layers } = data;
        const fitted = rows.filter(row => layers.alpha[row] !== null);
        const figure = card.querySelector('figure');
        figure.hidden = fitted.length === 0;
        if (figure.hidden) return;
        const notes = ['Filled: the exponent is credible. Hollow: it is not.', 'Shaded: α from 2 to 6.'];
        const large = fitted.filter(row => layers.alpha[row] > 10).length;
        if (large) notes.push(large + ' above 10 are drawn at the upper end.');
        const heights = fitted.map(row => Math.min(layers.alpha[row], 10));
        draw(figure.querySelector('svg'), {
          title: name + ': α by depth', notes, height: 150, band: [2, 6], legend: [],
          x: { title: 'layer, in the order of the report, from 0', range: [-0.6, rows.length - 0.4], whole: true },
          y: { title: 'α: exponent of the power law', range: range(heights, false, [1.5, 6.5]) },
          dots: fitted.map((row, index) => {
            const phase = data.phases[layers.phase[row]];
            const [fill, stroke] = phase ? [phase.fill, phase.stroke] : ['ft', 'st'];
            return {
              x: row - rows[0], y: heights[index], look: layers.credible[row] ? fill : 'i fw ' + stroke,
              title: said(layers.name[row]) + ': α ' + number(layers.alpha[row], 2) + (phase ? ', ' + phase.name : ''),
            };
          }),
        });
        figure.querySelector('svg').dataset.kind = 'depth';
      }

      document.addEventListener('click', event => {
        const target = event.target.closest('a[href^="#m"], circle[data-model]');
        if (!target) return;
        const model = target.dataset.model || /^#m([0-9]+)$/.exec(target.getAttribute('href') || '')?.[1];
        if (model === undefined || !card) return;
        event.preventDefault();
        show(Number(model));
        history.replaceState(null, '', '#m' + model);
      });
      addEventListener('hashchange', fromAddress);
      fromAddress();

      function fromAddress() {
        const model = /^#m([0-9]+)$/.exec(location.hash);
        if (model) show(Number(model[1]));
      }
    })();

    """#

  static let style = """

    .mix{display:block;width:96px;height:12px;margin-left:auto}
    .tall{max-height:78vh;overflow:auto}
    .tall thead th{position:sticky;top:0;background:var(--ground)}
    td.wide{white-space:normal;min-width:160px;overflow-wrap:anywhere}
    circle[data-model]{cursor:pointer}
    .overview{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:18px}
    .overview figure{max-width:none;margin-bottom:14px}
    @media (max-width:900px){.overview{grid-template-columns:minmax(0,1fr)}}
    @media (min-width:1100px){#quality figure{flex-basis:30%;max-width:calc(33.3% - 12px)}}
    .facts-line{margin:0 0 12px}
    #model h2{overflow-wrap:anywhere}
    #model h2:focus{outline:none}
    @media print{.tall{max-height:none}}
    """
}
