// Small tools for the page: elements, texts that change only where they differ, and tables by key, so that the focus,
// a selection and a screen reader stay where they are. Whatever a client sent gets in as text alone.

/** Characters that are not seen, or that turn the text around them, as their code. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** @param {string} text */
export function visible(text) {
  return text.replace(UNSEEN, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
}

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new TypeError(`The page has no element ${id}`);
  return element;
}

/**
 * @param {string} name
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {...(Node | string)} children
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/**
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Children of a parent by key, in the order of the items: those that stay are changed in place.
 * @template Item
 * @param {Element} parent
 * @param {readonly Item[]} items
 * @param {{ key: (item: Item) => string, make: () => Element, update: (element: Element, item: Item) => void }} kind
 */
export function keep(parent, items, kind) {
  const known = new Map(Array.from(parent.children, (child) => [child.getAttribute('data-key'), child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = kind.key(item);
    const element = known.get(key) ?? kind.make();
    known.delete(key);
    setAttribute(element, 'data-key', key);
    kind.update(element, item);
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  for (const gone of known.values()) gone.remove();
}
