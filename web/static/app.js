// Everything works without this script. It adds suggestions while typing (the page /suggest without
// it), and keys: "/" to the search, j and k along the hits, 1 2 3 for the answers of a moderator.
(() => {
  const field = document.getElementById('q');
  if (field && field.dataset.suggest) {
    const list = document.createElement('datalist');
    list.id = 'suggestions';
    field.after(list);
    field.setAttribute('list', list.id);
    let waiting;
    let asking;
    field.addEventListener('input', () => {
      clearTimeout(waiting);
      if (asking) asking.abort(); // an older answer must not overtake a newer one
      const typed = field.value;
      if (typed.trim().length < 2) {
        list.replaceChildren();
        return;
      }
      waiting = setTimeout(async () => {
        asking = new AbortController();
        try {
          const answer = await fetch(`${field.dataset.suggest}?q=${encodeURIComponent(typed)}`, { signal: asking.signal });
          if (!answer.ok) return;
          const [, queries, kinds] = await answer.json();
          list.replaceChildren(...queries.map((query, n) => {
            const option = document.createElement('option');
            option.value = query;
            option.label = `${query} · ${kinds[n]}`;
            return option;
          }));
        } catch (error) {
          if (error.name !== 'AbortError') list.replaceChildren(); // offline: no suggestions
        }
      }, 150);
    });
  }
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
    const answer = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
    if (answer) answer.form.requestSubmit(answer);
    if ((event.key === 'j' || event.key === 'k') && hits.length) {
      at = Math.min(hits.length - 1, Math.max(0, at + (event.key === 'j' ? 1 : -1)));
      hits[at].focus();
    }
  });
})();
