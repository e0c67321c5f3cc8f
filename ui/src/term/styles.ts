// The page's policy allows no inline style elements. xterm writes some; here they become constructed style sheets.

/** Runs `make`, and turns each style element that it creates into a constructed sheet of the document. */
export function withConstructedStyles<T>(make: () => T): T {
  const create = document.createElement.bind(document);
  Object.defineProperty(document, "createElement", {
    configurable: true,
    value: (tag: string, options?: ElementCreationOptions) => {
      const element = create(tag, options);
      if (element instanceof HTMLStyleElement) construct(element);
      return element;
    },
  });
  try {
    return make();
  } finally {
    Reflect.deleteProperty(document, "createElement");
  }
}

function construct(element: HTMLStyleElement): void {
  const sheet = new CSSStyleSheet();
  let text = "";
  document.adoptedStyleSheets.push(sheet);
  Object.defineProperty(element, "textContent", {
    get: () => text,
    set: (value: string) => {
      text = value;
      sheet.replaceSync(value);
    },
  });
  const remove = element.remove.bind(element);
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    remove();
  };
}
