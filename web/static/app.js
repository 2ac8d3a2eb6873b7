// Everything works without this script; it only adds keys: "/" to the search, j and k along the hits.
(() => {
  const field = document.getElementById('q');
  if (document.documentElement.dataset.shortcuts === 'off') return; // WCAG 2.1.4: can be turned off
  const hits = [...document.querySelectorAll('.hit h2 a')];
  let at = -1;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, textarea, select, [contenteditable]')) return;
    if (event.key === '/' && field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
    if ((event.key === 'j' || event.key === 'k') && hits.length) {
      at = Math.min(hits.length - 1, Math.max(0, at + (event.key === 'j' ? 1 : -1)));
      hits[at].focus();
    }
  });
})();
