/* What the review's pages do beyond the theme's: long tables, addresses of numbers, print. */
(() => {
  const LONG = 15; // rows: more are longer than a screen of a phone
  const page = document.documentElement;

  // A page of a folder cannot read its neighbours: the search shows titles without a line of text.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  document.querySelector(".bd-search-container form.bd-search input")?.focus();

  /* An address with a # opens the folds around what it names. */
  const unfold = () => {
    let found = null;
    try {
      found = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      /* no such address */
    }
    if (!found) return;
    for (let one = found.closest("details"); one; one = one.parentElement.closest("details")) {
      one.open = true;
    }
    const row = found.closest("tr");
    if (row) row.scrollIntoView({ block: "center" });
    document.querySelector("tr.addressed")?.classList.remove("addressed");
    document.querySelector("td.named")?.classList.remove("named");
    row?.classList.add("addressed");
    found.closest("td")?.classList.add("named");
  };
  addEventListener("hashchange", unfold);
  unfold();

  /* Beside the place of printed numbers stand their own addresses, to be cited. */
  const giveAddresses = ({ target }) => {
    const place = target.matches?.("td.where > details") ? target : null;
    if (!place || place.querySelector(".addresses")) return;
    const cells = [...place.closest("tr").querySelectorAll("td[id]")];
    const said = document.createElement("span");
    said.className = "addresses";
    said.append(cells.length ? "Link to " : "");
    cells.forEach((cell, i) => {
      const link = document.createElement("a");
      link.href = `#${cell.id}`;
      link.textContent = cell.textContent.trim();
      said.append(i ? ", " : "", link);
    });
    place.append(said);
  };
  document.addEventListener("toggle", giveAddresses, true);

  /* A term is explained below its paragraph; without this script it leads to the glossary. */
  document.addEventListener("click", (event) => {
    const term = event.target.closest("a.term");
    if (!term || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const shown = term.getAttribute("aria-expanded") === "true";
    term.setAttribute("aria-expanded", String(!shown));
    const around = term.closest("p, li");
    if (shown) {
      [...around.querySelectorAll(".explained")].find((one) => one.term === term)?.remove();
      return;
    }
    const note = document.createElement("span");
    const name = document.createElement("strong");
    const more = document.createElement("a");
    note.className = "explained";
    note.setAttribute("role", "status");
    note.term = term;
    name.textContent = term.textContent;
    more.href = term.href;
    more.textContent = "glossary";
    around.append(note);
    note.append(name, `: ${term.title} (`, more, ")");
  });

  /* Long tables can be filtered, and sorted by each column where every row stands for itself. */
  const text = (cell) => cell.textContent.trim().replaceAll("\u2212", "-");
  const numeric = (value) => {
    const [number] = value.match(/^[<>=≤≥~ ]*-?[\d,]*\.?\d+/) ?? [];
    return number === undefined ? null : Number(number.replace(/[^\d.-]/g, ""));
  };
  const order = (column, sign) => {
    const numbers = column.map(numeric);
    const byNumber = numbers.filter((n) => n !== null).length * 2 > column.length;
    const rank = (i) => (numbers[i] === null ? Infinity : numbers[i] * sign);
    return byNumber
      ? (a, b) => (rank(a) === rank(b) ? a - b : rank(a) - rank(b))
      : (a, b) => sign * column[a].localeCompare(column[b]) || a - b;
  };

  const makeSortable = (table, rows) => {
    const heads = [...table.tHead.querySelectorAll("th[scope=col]")];
    const body = table.tBodies[0];
    heads.forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = { ascending: "descending", descending: null }[head.ariaSort];
        const way = head.ariaSort === null ? "ascending" : next;
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        const places = rows.map((_, i) => i);
        if (way) {
          head.ariaSort = way;
          const column = rows.map((row) => text(row.cells[place]));
          places.sort(order(column, way === "ascending" ? 1 : -1));
        }
        table.classList.toggle("sorted", Boolean(way));
        body.append(...places.map((i) => rows[i]));
      });
    });
  };

  const ready = new WeakSet();
  const makeFilter = (frame, rows, groups) => {
    const tools = document.createElement("div");
    tools.className = "table-tools";
    const label = document.createElement("label");
    const input = document.createElement("input");
    const said = document.createElement("span");
    input.type = "search";
    said.setAttribute("role", "status");
    label.append("Only rows with ", input);
    tools.append(label, said);
    frame.before(tools);
    let words = null;
    input.addEventListener("input", () => {
      words ??= new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
      const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      let group = null;
      for (const row of rows) {
        if (groups.has(row)) {
          group = row;
          row.hidden = asked.length > 0;
          continue;
        }
        const around = group ? words.get(group) : "";
        row.hidden = !asked.every((word) => words.get(row).includes(word) || around.includes(word));
        shown += !row.hidden;
        if (!row.hidden && group) group.hidden = false;
      }
      const all = rows.length - groups.size;
      said.textContent = asked.length ? `${shown} of ${all} rows` : "";
    });
  };

  const prepare = (frame) => {
    if (frame.closest("details:not([open])") || ready.has(frame)) return;
    ready.add(frame);
    const table = frame.querySelector("table");
    const heads = table?.tHead ? [...table.tHead.rows] : [];
    const rows = [...(table?.rows ?? [])].filter((row) => !heads.includes(row));
    if (!table?.tHead && rows[0]?.querySelector("th[scope=col]")) rows.shift();
    if (rows.length <= LONG) return;
    const groups = new Set(rows.filter((row) => row.querySelector("th[scope=rowgroup]")));
    makeFilter(frame, rows, groups);
    if (heads.length === 1 && groups.size === 0) makeSortable(table, rows);
  };
  document.querySelectorAll(".table-scroll").forEach(prepare);
  const unfolded = ({ target }) => target.querySelectorAll?.(".table-scroll").forEach(prepare);
  document.addEventListener("toggle", unfolded, true); // a folded table is made ready when seen

  /* A table that fits needs no frame that scrolls; its head can then stay in sight.
     To ask how wide a folded table is would lay it out: it is asked when it is seen. */
  const fit = () => {
    const all = [...document.querySelectorAll(".table-scroll")];
    const frames = all.filter((one) => !one.closest("details:not([open])"));
    const wide = frames.map((one) => one.scrollWidth > one.clientWidth + 1);
    frames.forEach((one, i) => {
      one.classList.toggle("fits", !wide[i]);
      if (wide[i]) one.tabIndex = 0;
      else one.removeAttribute("tabindex");
    });
  };
  let waiting = 0;
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(fit, 200);
  };
  addEventListener("resize", later);
  document.addEventListener("toggle", later, true);
  addEventListener("load", later);

  /* On paper folds are open and colours light. */
  let before = null;
  addEventListener("beforeprint", () => {
    const folds = [...document.querySelectorAll("details:not([open])")];
    before = { folds, theme: page.dataset.theme };
    folds.forEach((one) => (one.open = true));
    page.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    before?.folds.forEach((one) => (one.open = false));
    if (before) page.dataset.theme = before.theme;
    before = null;
  });
})();
