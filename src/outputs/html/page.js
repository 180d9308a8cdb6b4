"use strict";
const controls = document.querySelector(".controls");
if (controls) {
  const buttons = [...controls.querySelectorAll("button")];
  const search = controls.querySelector("input");
  const told = controls.querySelector("output");
  const rows = [...document.querySelectorAll("tbody tr")].map((row) => ({ row, text: row.textContent.toLowerCase() }));
  const show = () => {
    const severity = buttons.find((button) => button.getAttribute("aria-pressed") === "true").dataset.show;
    const words = search.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const { row, text } of rows) {
      const fits = (!severity || row.dataset.severity === severity) && words.every((word) => text.includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    told.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} shown`;
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      show();
    });
  }
  search.addEventListener("input", show);
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
  show();
}
