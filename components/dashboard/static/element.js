// An element of the page; text only ever goes in as text.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

export function write(node, text) {
  if (node.textContent !== String(text)) {
    node.textContent = text;
  }
}

// Rows under `parent`, one per key, made once by `make(key)` and brought into the order of `keys`.
export function rows(parent, keys, make) {
  const kept = new Map([...parent.children].map((row) => [row.dataset.key, row]));
  const ordered = keys.map((key) => {
    const row = kept.get(key) ?? make(key);
    row.dataset.key = key;
    return row;
  });
  if (ordered.length !== parent.children.length || ordered.some((row, i) => parent.children[i] !== row)) {
    const focused = document.activeElement;
    parent.replaceChildren(...ordered);
    if (focused !== document.activeElement && parent.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }
  return ordered;
}
