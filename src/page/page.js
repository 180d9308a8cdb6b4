"use strict";
const controls = document.querySelector(".controls");
if (controls) {
  const buttons = [...controls.querySelectorAll("button")];
  const search = controls.querySelector("input");
  const told = controls.querySelector("output");
  const rows = [...document.querySelectorAll("tbody tr")].map((row) => ({ row, text: row.textContent.toLowerCase() }));
  const show = () => {
    const kind = buttons.find((button) => button.getAttribute("aria-pressed") === "true").dataset.show;
    const words = search.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const { row, text } of rows) {
      const fits = (!kind || row.dataset.kind.split(" ").includes(kind)) && words.every((word) => text.includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    told.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} shown`;
  };
  const press = (chosen) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === chosen));
    show();
  };
  // A link to a row that is not shown shows it.
  const follow = () => {
    const row = document.getElementById(location.hash.slice(1));
    if (row?.hidden) {
      search.value = "";
      press(buttons.find((button) => !button.dataset.show));
      row.scrollIntoView();
    }
  };
  for (const button of buttons) button.addEventListener("click", () => press(button));
  search.addEventListener("input", show);
  controls.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", follow);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== search && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    }
  });
  controls.hidden = false;
  show();
  follow();
}
