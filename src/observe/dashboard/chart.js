// A small chart: lines over the last minutes, the newest value at the right. Its sentence is what a screen reader says.
import { make, setAttribute, setText } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 300;
const HEIGHT = 64;
/** So many values have room at least: the line of a process that has just begun grows from the right. */
const LEAST_VALUES = 30;

/**
 * @typedef {{ readonly name: string, readonly look: 'area' | 'main' | 'line' | 'bad', readonly values: readonly (number | null)[] }} Line
 */

export function makeChart() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  const scale = make('figcaption', { 'aria-hidden': 'true' }, make('span'), make('span'));
  return make('figure', { class: 'chart' }, svg, scale);
}

/**
 * @param {Element} chart
 * @param {{ lines: readonly Line[], sentence: string, highest: (value: number) => string, seconds: number }} content
 */
export function drawChart(chart, { lines, sentence, highest, seconds }) {
  const [svg, scale] = chart.children;
  if (svg === undefined || scale === undefined) return;
  const top = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  setAttribute(svg, 'aria-label', sentence);
  const paths = lines.flatMap(({ look, values }) => {
    const line = pathOf(values, top || 1);
    return look === 'area'
      ? [
          ['fill', closed(line, values)],
          ['main', line],
        ]
      : [[look, line]];
  });
  while (svg.children.length < paths.length) svg.append(document.createElementNS(SVG, 'path'));
  for (const [at, [look = '', path = '']] of paths.entries()) {
    const element = svg.children[at];
    if (element === undefined) continue;
    setAttribute(element, 'class', look);
    setAttribute(element, 'd', path);
  }
  const [left, right] = scale.children;
  if (left !== undefined) setText(left, `last ${Math.round(seconds / 60)} min`);
  if (right !== undefined) setText(right, top === 0 ? '' : `highest ${highest(top)}`);
}

/** @param {number} index  @param {number} length */
function across(index, length) {
  return WIDTH - ((length - 1 - index) * WIDTH) / (Math.max(LEAST_VALUES, length) - 1);
}

/** Where there is no value there is a gap. @param {readonly (number | null)[]} values  @param {number} top */
function pathOf(values, top) {
  let path = '';
  let isDrawing = false;
  for (const [index, value] of values.entries()) {
    if (value !== null) {
      const x = across(index, values.length).toFixed(1);
      const y = (HEIGHT - 2 - (value / top) * (HEIGHT - 6)).toFixed(1);
      // A value between two gaps is a dot.
      path += isDrawing ? `L${x} ${y}` : `M${x} ${y}h.1`;
    }
    isDrawing = value !== null;
  }
  return path;
}

/** The space below the line. @param {string} line  @param {readonly (number | null)[]} values */
function closed(line, values) {
  if (line === '' || values.includes(null)) return '';
  return `${line}V${HEIGHT}H${across(0, values.length).toFixed(1)}Z`;
}
