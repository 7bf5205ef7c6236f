/* The explorer: looks up what the build has computed, draws it, and keeps the choice in the address.
   No statistics here: a value is placed on an axis, and a text is put into a sentence. */
(() => {
  const root = document.querySelector("[data-explorer]");
  if (!root) return;
  const data = JSON.parse(root.dataset.explorer);
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const RANDOM = ["reml", "pm", "dl", "ml", "he", "sj"];
  const PRIORS = ["0.25", "0.5", "1"];
  const made = (name, attributes = {}, ...content) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...content);
    return element;
  };
  const drawn = (name, attributes, text) => {
    const element = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const filled = (words, ...texts) => words.replace(/\{(\d)\}/g, (_, place) => texts[place]);

  /* What is chosen: kept in the address, so that a view can be cited. */
  const state = { q: 0, s: [], m: "reml", i: "adhoc", p: "0.5", b: 0 };
  const name = (one) => `${one.id}.${one.measure}`;
  const question = () => data.questions[state.q];
  const usual = (count) => (count > 2 ? "adhoc" : "z");
  const everyone = () => question().studies.map((_, place) => place);
  const choose = (place) => {
    state.q = place;
    state.s = everyone();
    state.m = "reml";
    state.i = usual(state.s.length);
    state.b = 0;
  };
  const read = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    choose(Math.max(0, data.questions.findIndex((one) => name(one) === asked.get("q"))));
    if (!asked.has("q")) return;
    const ids = (asked.get("s") ?? "").split(",").filter(Boolean);
    const places = everyone().filter((place) => ids.includes(question().studies[place].id));
    if (asked.has("s")) state.s = places;
    if (asked.get("m") in data.models) state.m = asked.get("m");
    if (asked.get("i") in data.intervals) state.i = asked.get("i");
    if (PRIORS.includes(asked.get("p"))) state.p = asked.get("p");
    const baseline = Number(asked.get("b"));
    if (question().baselines[baseline]) state.b = baseline;
  };
  const write = () => {
    const ids = state.s.map((place) => question().studies[place].id).join(",");
    const words = { q: name(question()), s: ids, m: state.m, i: state.i, p: state.p, b: state.b };
    const hash = new URLSearchParams(words).toString().replaceAll("%2C", ",");
    history.replaceState(null, "", `#${hash}`);
  };

  /* The way to pool that is asked for, or the one that so few studies allow. */
  const found = () => {
    const ways = question().results[state.s.join(".")];
    if (!ways) return null;
    if (ways.alone) return { way: "alone", ...ways.alone };
    const asked = state.m === "bayes" ? `bayes-${state.p}`
      : state.m === "common" ? "common" : `${state.m}-${state.i}`;
    const way = [asked, `${state.m}-z`, "reml-z"].find((one) => one in ways);
    return { way, ...ways[way] };
  };
  const named = (way) => {
    if (way === "alone") return "One study alone";
    const [model, option] = way.split("-");
    if (model === "common") return data.models.common;
    if (model === "bayes") return `${data.models.bayes} (prior scale ${option}, credible interval)`;
    return `${data.models[model]} (interval: ${data.intervals[option]})`;
  };

  /* The controls: selects and boxes of the browser's own, each with its label. */
  const select = (label, options, chosen, change) => {
    const field = made("select", {}, ...options.map(([value, words]) =>
      made("option", { value, ...(String(value) === String(chosen) ? { selected: "" } : {}) }, words)));
    field.addEventListener("change", () => { change(field.value); show(label); });
    return made("label", {}, `${label} `, field);
  };
  const toggle = (place) => {
    state.s = state.s.includes(place)
      ? state.s.filter((one) => one !== place)
      : [...state.s, place].sort((a, b) => a - b);
  };
  const controls = () => {
    const fields = [
      select("Question", data.questions.map((one, place) =>
        [place, `${one.title}: ${one.label.toLowerCase()}`]), state.q, (v) => choose(Number(v))),
      select("Model", Object.entries(data.models).filter(([key]) =>
        key !== "bayes" || question().log), state.m, (v) => { state.m = v; }),
    ];
    if (RANDOM.includes(state.m)) fields.push(select("Interval",
      Object.entries(data.intervals).filter(([key]) => key === "z" || state.s.length > 2),
      state.i, (v) => { state.i = v; }));
    if (state.m === "bayes") fields.push(select("Prior scale",
      PRIORS.map((one) => [one, one]), state.p, (v) => { state.p = v; }));
    if (question().baselines.length) fields.push(select("Baseline",
      question().baselines.map((one, place) => [place, one.words]), state.b,
      (v) => { state.b = Number(v); }));
    const boxes = question().studies.map((study, place) => {
      const box = made("input", { type: "checkbox", ...(state.s.includes(place) ? { checked: "" } : {}) });
      box.addEventListener("change", () => { toggle(place); show(study.label); });
      return made("label", {}, box, ` ${study.label}`);
    });
    return made("div", { class: "explorer-controls" }, ...fields,
      made("fieldset", {}, made("legend", {}, "Studies"), ...boxes));
  };

  /* Round numbers to read an axis by, at most so many. */
  const ticks = (low, high, log, most) => {
    const found = [];
    if (log) {
      for (const steps of [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1]]) {
        found.length = 0;
        for (let power = -4; power < 5; power += 1) for (const step of steps) {
          const tick = Number((step * 10 ** power).toPrecision(3));
          if (tick >= low && tick <= high) found.push(tick);
        }
        if (found.length <= most) break;
      }
      return found;
    }
    const rough = (high - low) / most, size = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((one) => one * size).find((one) => one >= rough);
    for (let n = Math.ceil(low / step); n * step <= high; n += 1) {
      found.push(Number((n * step).toPrecision(6)));
    }
    return found;
  };

  /* The forest plot: one row a study, a diamond for what is pooled. */
  const plot = (pooled) => {
    const one = question();
    const rows = one.studies.map((study, place) => ({ ...study, place }));
    const every = [...rows.flatMap((row) => row.at), ...(pooled ? pooled.at : []), one.log ? 1 : 0]
      .map((value) => value ?? Infinity);
    const place = one.log ? Math.log : (value) => value;
    const finite = every.filter((value) => Number.isFinite(place(value)));
    const low = Math.min(...finite.map(place)), high = Math.max(...finite.map(place));
    const pad = 0.06 * (high - low || 1);
    const width = Math.max(280, Math.min(640, root.clientWidth || 640));
    const narrow = width < 480;  // an estimate then has a line of its own, below its label
    const above = narrow ? 34 : 16, step = above + 26;
    const x = (value) => 8 + (width - 16) * Math.min(1, Math.max(0,
      (place(value ?? Infinity) - low + pad) / (high - low + 2 * pad)));
    const bottom = step * (rows.length + (pooled ? 1 : 0)) + 4;
    const height = bottom + 24 + (one.favours.length ? 22 : 0);
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "explorer-plot" });
    const told = [...rows.filter((row) => state.s.includes(row.place)).map((row) =>
      `${row.label}: ${row.text}`), ...(pooled ? [`pooled: ${pooled.text}`] : [])];
    svg.append(drawn("title", {}, `${one.title}, ${one.label.toLowerCase()}. ${told.join("; ")}.`));
    const zero = x(one.log ? 1 : 0);
    const words = (y, label, text, kind = "") => [
      drawn("text", { x: 0, y: y + 12, class: kind }, label),
      drawn("text", { x: narrow ? 0 : width, y: y + (narrow ? 30 : 12), class: kind,
        "text-anchor": narrow ? "start" : "end" }, text),
      drawn("line", { x1: zero, x2: zero, y1: y + above, y2: y + step, class: "explorer-null" }),
    ];
    rows.forEach((row, line) => {
      const y = step * line, middle = y + above + 10;
      const group = drawn("g", { class: state.s.includes(row.place) ? "explorer-in" : "explorer-out" });
      group.append(
        drawn("rect", { x: 0, y: y + above, width, height: step - above, class: "explorer-row" }),
        ...words(y, row.label, row.text),
        drawn("line", { x1: x(row.at[1]), x2: x(row.at[2]), y1: middle, y2: middle }),
        drawn("circle", { cx: x(row.at[0]), cy: middle, r: 5 }),
      );
      group.addEventListener("click", () => { toggle(row.place); show(row.label); });
      svg.append(group);
    });
    if (pooled) {
      const y = step * rows.length, line = y + above + 10, [middle, left, right] = pooled.at.map(x);
      svg.append(...words(y, "Pooled", pooled.text, "explorer-pooled"), drawn("polygon",
        { points: `${left},${line} ${middle},${line - 7} ${right},${line} ${middle},${line + 7}` }));
    }
    const back = one.log ? Math.exp : (value) => value;
    svg.append(drawn("line", { x1: 0, x2: width, y1: bottom, y2: bottom, class: "explorer-null" }));
    for (const tick of ticks(back(low - pad), back(high + pad), one.log, narrow ? 4 : 7)) svg.append(
      drawn("line", { x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 5, class: "explorer-null" }),
      drawn("text", { x: Math.min(width - 14, Math.max(14, x(tick))), y: bottom + 20,
        "text-anchor": "middle" }, String(tick)),
    );
    if (one.favours.length) svg.append(
      drawn("text", { x: 0, y: height - 4 }, `← better ${one.favours[0]}`),
      drawn("text", { x: width, y: height - 4, "text-anchor": "end" }, `better ${one.favours[1]} →`),
    );
    return svg;
  };

  const sentences = (pooled) => {
    const one = question();
    if (!state.s.length) return ["No study is chosen."];
    if (!Object.keys(one.results).length) return [filled(data.words.kept, one.note)];
    if (!pooled) return ["This choice of studies was not computed: all of them, and all but one, were."];
    const studies = state.s.length === 1 ? "1 study" : `${state.s.length} studies`;
    const lines = [`${named(pooled.way)}, ${studies}: ${one.label.toLowerCase()} ${pooled.text}, an `
      + `interval that ${pooled.null ? "includes" : "excludes"} no difference.`];
    if (one.baselines.length) lines.push(filled(data.words.absolute,
      one.baselines[state.b].words, one.baselines[state.b].event, ...pooled.absolute[state.b]));
    const whole = state.s.length === one.studies.length;
    if (!whole || !one.planned.includes(pooled.way)) lines.push(data.words.other);
    lines.push(`Certainty of the planned result: ${one.certainty}.`);
    return lines;
  };

  const said = made("div", { class: "explorer-said", "aria-live": "polite" });
  const show = (label) => {
    if (RANDOM.includes(state.m) && state.s.length < 3) state.i = "z";
    write();
    const pooled = found();
    said.replaceChildren(...sentences(pooled).map((text) => made("p", {}, text)));
    root.replaceChildren(controls(), plot(pooled), said);
    if (label === undefined) return;  // the control that was used keeps the keyboard's focus
    const used = [...root.querySelectorAll("label")].find((one) => one.textContent.trim().startsWith(label));
    used?.querySelector("input, select")?.focus();
  };
  let wide = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== wide) { wide = innerWidth; show(); } });
  addEventListener("hashchange", () => { read(); show(); });
  read();
  show();
})();
