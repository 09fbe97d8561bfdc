// The programme with scripts: filters, and every time also as the visitor's clock shows it.
(() => {
  "use strict";
  const slots = [...document.querySelectorAll(".slot")];

  const form = document.getElementById("filters");
  const fits = (slot, name, value) => !value || (slot.dataset[name] ?? "").split(" ").includes(value);
  const filter = () => {
    const wanted = [...new FormData(form)];
    let count = 0;
    for (const slot of slots) {
      slot.hidden = !wanted.every(([name, value]) => fits(slot, name, value));
      if (!slot.hidden) count += 1;
    }
    for (const day of document.querySelectorAll(".day")) day.hidden = !day.querySelector(".slot:not([hidden])");
    const status = form.querySelector("[role=status]");
    status.textContent = count < slots.length ? status.dataset.text.replace("{}", count) : "";
    const query = new URLSearchParams(wanted.filter(([, value]) => value)).toString();
    history.replaceState(null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`);
  };
  if (form) {
    // Links to a choice, as pages without scripts have them, end in "#by-theme-birds".
    const [, facet, slug] = /^#by-([a-z]+)-(.+)$/.exec(location.hash) ?? [];
    for (const [name, value] of [[facet, slug], ...new URLSearchParams(location.search)]) {
      const field = form.elements.namedItem(name);
      if (field && [...field.options].some((option) => option.value === value)) field.value = value;
    }
    form.addEventListener("change", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    const chosen = () => [...new FormData(form)].some(([, value]) => value);
    if (chosen()) filter();
    // On a phone the fields would stand before the programme: they are folded there while nothing is chosen.
    const wide = matchMedia("(width >= 40rem)");
    const fold = () => { document.getElementById("filter-box").open = wide.matches || chosen(); };
    wide.addEventListener("change", fold);
    fold();
  }

  const minutes = (text) => {
    const match = /([+-])(\d\d):(\d\d)$/.exec(text);
    return match ? (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : NaN;
  };
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const short = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", weekday: "short" });
  for (const slot of slots) {
    const time = slot.querySelector(".time time");
    const text = slot.parentElement.dataset.yourTime;
    if (!time || !text) continue;
    const moment = new Date(time.dateTime);
    if (minutes(time.dateTime) === -moment.getTimezoneOffset()) continue; // the same clock
    const line = document.createElement("span");
    line.className = "your-time";
    line.textContent = text.replace("{}", short.format(moment));
    time.parentElement.append(line);
  }
})();
