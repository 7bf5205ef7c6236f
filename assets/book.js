/* What the review's pages do beyond the theme's. */
(() => {
  // A page of a folder cannot read its neighbours: the search shows titles without a line of text.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  document.querySelector(".bd-search-container form.bd-search input")?.focus();
})();
