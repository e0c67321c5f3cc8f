// The page's policy allows no inline style elements. xterm writes some; here they become constructed style sheets.

/** Runs `make`, and gives it a stand-in for each style element it asks for, whose text is a constructed sheet. */
export function withConstructedStyles<T>(make: () => T): T {
  const create = document.createElement.bind(document);
  Object.defineProperty(document, "createElement", {
    configurable: true,
    value: (tag: string, options?: ElementCreationOptions) =>
      tag.toLowerCase() === "style" ? standIn(create("template")) : create(tag, options),
  });
  try {
    return make();
  } finally {
    Reflect.deleteProperty(document, "createElement");
  }
}

/** Even an empty style element would break the policy, so none is made. */
function standIn(element: HTMLTemplateElement): HTMLTemplateElement {
  const sheet = new CSSStyleSheet();
  let text = "";
  document.adoptedStyleSheets.push(sheet);
  const content: PropertyDescriptor = {
    get: () => text,
    set: (value: string) => {
      text = value;
      sheet.replaceSync(value);
    },
  };
  Object.defineProperties(element, { textContent: content, innerText: content, sheet: { value: sheet } });
  const remove = element.remove.bind(element);
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    remove();
  };
  return element;
}
