/* Before a page is drawn: the colours that were chosen last, and what other scripts ask for. */
(() => {
  const page = document.documentElement;
  let mode = null;
  try {
    mode = localStorage.getItem("mode");
  } catch {
    /* storage is refused: the system's colours */
  }
  if (!["light", "dark"].includes(mode)) mode = "auto";
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  page.dataset.mode = mode;
  page.dataset.theme = mode === "auto" ? (dark ? "dark" : "light") : mode;
})();
var toggleHintShow = "Click to show";
var toggleHintHide = "Click to hide";
var toggleOpenOnPrint = "true";
var togglebuttonSelector = ".toggle, .admonition.dropdown";
window.MathJax = { options: { processHtmlClass: "tex2jax_process|mathjax_process|math|output_area" } };
