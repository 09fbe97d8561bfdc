// The watch page with scripts: times that seek, a transcript that follows, links to a second.
// Without this file the page plays, shows captions, and can be read in full.
(() => {
  "use strict";
  const player = document.getElementById("player");
  if (!player) return;

  const marks = [...document.querySelectorAll(".transcript span[data-ms]")];
  const chapters = [...document.querySelectorAll(".chapters a[data-ms]")];
  const times = (elements) => elements.map((element) => Number(element.dataset.ms));
  const markTimes = times(marks);
  const chapterTimes = times(chapters);

  // The last index whose time is not after ms; -1 before the first. Times are in order.
  const indexAt = (list, ms) => {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle] <= ms) low = middle + 1; else high = middle;
    }
    return low - 1;
  };

  // Seconds of "83", "83.5", "1:23" or "1:02:03"; NaN for anything else.
  const seconds = (text) => /^\d+(:\d{1,2}){0,2}(\.\d+)?$/.test(text)
    ? text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) : NaN;

  const wanted = () => {
    const hash = new URLSearchParams(location.hash.slice(1)).get("t");
    return seconds(hash ?? new URLSearchParams(location.search).get("t") ?? "");
  };

  const seek = (at, play) => {
    const go = () => { player.currentTime = at; };
    if (player.readyState >= HTMLMediaElement.HAVE_METADATA) go();
    else {
      player.addEventListener("loadedmetadata", go, { once: true });
      if (!play) { player.preload = "metadata"; player.load(); }
    }
    if (play) player.play().catch(() => {});
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("a[data-ms], .transcript span[data-ms]");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (target.tagName !== "A" && String(getSelection())) return; // text is being selected
    event.preventDefault();
    const at = Number(target.dataset.ms) / 1000;
    history.replaceState(null, "", `#t=${at}`);
    seek(at, true);
  });

  let shown = [-1, -1];
  const show = (list, index, before) => {
    if (index === before) return index;
    list[before]?.classList.remove("now");
    list[before]?.removeAttribute("aria-current");
    list[index]?.classList.add("now");
    list[index]?.setAttribute("aria-current", "true");
    return index;
  };

  const scroller = document.getElementById("transcript");
  let touched = 0;
  scroller?.addEventListener("wheel", () => { touched = Date.now(); }, { passive: true });
  scroller?.addEventListener("touchmove", () => { touched = Date.now(); }, { passive: true });
  const follow = (mark) => {
    // Only within its own box, only when it has one, and not while the reader scrolls in it.
    if (!mark || !scroller || scroller.scrollHeight <= scroller.clientHeight + 4 || Date.now() - touched < 6000) return;
    const box = scroller.getBoundingClientRect(), line = mark.getBoundingClientRect();
    if (line.top < box.top || line.bottom > box.bottom - box.height / 4)
      scroller.scrollTop += line.top - box.top - box.height / 3;
  };

  player.addEventListener("timeupdate", () => {
    const ms = player.currentTime * 1000 + 50;
    const before = shown[0];
    shown = [show(marks, indexAt(markTimes, ms), shown[0]), show(chapters, indexAt(chapterTimes, ms), shown[1])];
    if (shown[0] !== before) follow(marks[shown[0]]);
  });

  addEventListener("hashchange", () => { const at = wanted(); if (at >= 0) seek(at, false); });
  const at = wanted();
  if (at >= 0) seek(at, false);
})();
