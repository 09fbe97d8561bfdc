// The watch page with scripts: times that seek, a transcript that follows, links to a second, speed and quality.
// Without this file the page plays, shows captions, and can be read in full.
(() => {
  "use strict";
  const player = document.getElementById("player");
  if (!player) return;
  const $ = (selector) => document.querySelector(selector);
  const HLS = "application/vnd.apple.mpegurl";

  // The browser may forbid storage altogether; the page then simply remembers nothing.
  const store = {
    get(key) { try { return localStorage.getItem(`aftertalk:${key}`); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(`aftertalk:${key}`, value); } catch { /* nothing is kept */ } },
    remove(key) { try { localStorage.removeItem(`aftertalk:${key}`); } catch { /* nothing was kept */ } },
  };

  const clock = (at) => {
    const parts = [Math.floor(at / 3600), Math.floor(at / 60) % 60, Math.floor(at) % 60];
    if (!parts[0]) parts.shift();
    return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
  };

  // Seconds of "83", "83.5", "1:23" or "1:02:03"; NaN for anything else.
  const seconds = (text) => (/^\d+(:\d{1,2}){0,2}(\.\d+)?$/.test(text)
    ? text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) : NaN);

  // ---- Seeking: #t= and ?t= in the address, and every time on the page

  const wanted = () => {
    const hash = new URLSearchParams(location.hash.slice(1)).get("t");
    return seconds(hash ?? new URLSearchParams(location.search).get("t") ?? "");
  };
  let start = NaN; // where playback is to begin, until something is loaded

  const whenLoaded = (action) => {
    if (player.readyState >= HTMLMediaElement.HAVE_METADATA) action();
    else player.addEventListener("loadedmetadata", action, { once: true });
  };
  const seek = (at) => {
    start = at;
    whenLoaded(() => { if (start === at) player.currentTime = at; });
  };
  const now = () => player.currentTime || (start >= 0 ? start : 0);
  const seekAndPlay = (at) => {
    seek(at);
    player.play().catch(() => {});
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("a[data-ms], .transcript span[data-ms]");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (target.tagName !== "A" && String(getSelection())) return; // text is being selected
    event.preventDefault();
    const at = Number(target.dataset.ms) / 1000;
    history.replaceState(null, "", `#t=${at}`);
    seekAndPlay(at);
  });
  addEventListener("hashchange", () => { if (wanted() >= 0) seek(wanted()); });
  if (wanted() >= 0) seek(wanted());

  // ---- HLS by hls.js, from the first play on, where the browser has no complete HLS of its own

  const hlsSource = [...player.querySelectorAll("source")].find((source) => source.type === HLS);
  const script = player.dataset.hls;
  const complete = player.canPlayType(HLS) && "ManagedMediaSource" in window;
  let hls = null;

  const load = (address) => new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = address;
    element.onload = resolve;
    element.onerror = reject;
    document.head.append(element);
  });
  const detach = () => { hls?.destroy(); hls = null; };
  const attach = async () => {
    player.pause();
    try {
      await load(script);
      if (!window.Hls?.isSupported()) throw new Error("no media source extensions");
      hls = new window.Hls({ startPosition: start >= 0 ? start : -1, enableWorker: false });
      hls.on(window.Hls.Events.ERROR, (_, data) => { if (data.fatal) fall(); });
      hls.on(window.Hls.Events.MANIFEST_PARSED, () => player.play().catch(() => {}));
      hls.loadSource(player.dataset.allCodecs || hlsSource.src);
      hls.attachMedia(player);
    } catch { fall(); }
  };
  // Back to what the browser can do by itself, at the same place.
  const fall = () => {
    const at = now();
    detach();
    player.removeAttribute("src");
    player.load();
    if (at > 0) seek(at);
    player.play().catch(() => {});
  };
  if (hlsSource && script && !complete && "MediaSource" in window)
    player.addEventListener("play", () => { if (!player.hasAttribute("src")) attach(); }, { once: true });

  // ---- Transcript and chapters that follow

  const linesOf = () => [...document.querySelectorAll(".transcript span[data-ms]")];
  const chapters = [...document.querySelectorAll(".chapters a[data-ms]")];
  const scroller = document.getElementById("transcript");
  const following = $("#follow");

  const times = (elements) => elements.map((element) => Number(element.dataset.ms));
  // The last index whose time is not after ms; -1 before the first.
  const indexAt = (list, ms) => {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle] <= ms) low = middle + 1; else high = middle;
    }
    return low - 1;
  };
  const marker = (elements, changed) => {
    const list = times(elements);
    let current = -1;
    return (ms) => {
      const index = indexAt(list, ms);
      if (index === current) return;
      elements[current]?.classList.remove("now");
      elements[current]?.removeAttribute("aria-current");
      current = index;
      elements[index]?.classList.add("now");
      elements[index]?.setAttribute("aria-current", "true");
      if (elements[index]) changed(elements[index]);
    };
  };
  let touched = 0; // when the reader last scrolled the transcript
  for (const kind of ["wheel", "touchmove", "keydown"])
    scroller?.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  const follow = (line) => {
    if (!following?.checked || scroller.scrollHeight <= scroller.clientHeight || Date.now() - touched < 5000) return;
    const box = scroller.getBoundingClientRect(), place = line.getBoundingClientRect();
    if (place.top < box.top || place.bottom > box.bottom - box.height / 4)
      scroller.scrollTop += place.top - box.top - box.height / 3;
  };
  const markers = [marker(linesOf(), follow), marker(chapters, () => {})];
  player.addEventListener("timeupdate", () => {
    for (const mark of markers) mark(player.currentTime * 1000 + 50);
  });

  const find = $("#find"), found = $("#found");
  const search = () => {
    const words = find.value.trim().toLocaleLowerCase();
    let count = 0;
    for (const paragraph of scroller.querySelectorAll("p")) {
      const hit = !words || paragraph.textContent.toLocaleLowerCase().includes(words);
      paragraph.hidden = !hit;
      if (hit) count += 1;
    }
    found.textContent = words ? found.dataset.text.replace("{}", count) : "";
  };
  find?.addEventListener("input", search);

  // ---- Other languages of the transcript, made from their captions

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  // Cues of the WebVTT files that Aftertalk writes: a line of times, then text; markup of speakers only.
  const cuesOf = (text) => text.split(/\n{2,}/).flatMap((block) => {
    const match = /(?:^|\n)(?:(\d+):)?(\d\d):(\d\d)\.(\d{3}) --> \S+[^\n]*\n([^]*)/.exec(block);
    if (!match) return [];
    const [, hours, minutes, whole, thousandths, words] = match;
    const ms = ((Number(hours ?? 0) * 60 + Number(minutes)) * 60 + Number(whole)) * 1000 + Number(thousandths);
    const speaker = /^<v(?:\.[^ >]*)? ([^>]*)>/.exec(words)?.[1] ?? "";
    return [{ ms, speaker, text: new VTTCue(0, 1, words).getCueAsHTML().textContent.replace(/\s+/g, " ").trim() }];
  });
  const paragraph = (cues, gap, said) => {
    const at = cues[0].ms / 1000;
    const made = element("p", { id: `t=${at}` }, element("a", { className: "t", href: `#t=${at}` }, clock(at)), " ");
    made.firstChild.dataset.ms = cues[0].ms;
    if (said) made.append(element("b", {}, element("bdi", {}, said)), " ");
    cues.forEach((cue, index) => {
      const span = element("span", {}, cue.text);
      span.dataset.ms = cue.ms;
      made.append(span, index < cues.length - 1 ? gap : "");
    });
    return made;
  };
  const rewrite = (cues, gap) => {
    const made = [];
    let current = [], length = 0, speaker = "";
    const end = () => {
      if (!current.length) return;
      made.push(paragraph(current, gap, current[0].speaker === speaker ? "" : current[0].speaker));
      speaker = current[0].speaker;
      current = [];
      length = 0;
    };
    for (const cue of cues) {
      if (current.length && (cue.speaker !== current[0].speaker || (length > 600 && /[.!?…。！？؟]["'”’»)]*$/.test(current.at(-1).text)))) end();
      current.push(cue);
      length += cue.text.length;
    }
    end();
    scroller.replaceChildren(...made);
  };
  const original = scroller && [...scroller.childNodes];
  const readIn = $("#read-in");
  const read = async () => {
    const option = readIn.selectedOptions[0];
    if (readIn.selectedIndex === 0) scroller.replaceChildren(...original);
    else {
      try {
        const answer = await fetch(option.value);
        if (!answer.ok) throw new Error(answer.status);
        rewrite(cuesOf((await answer.text()).replace(/\r\n?/g, "\n")), /^(zh|ja)/.test(option.lang) ? "" : " ");
      } catch { readIn.selectedIndex = 0; await read(); return; }
    }
    scroller.lang = option.lang;
    scroller.dir = option.dataset.direction;
    scroller.scrollTop = 0;
    if ($("#by-machine")) $("#by-machine").hidden = option.dataset.automatic !== "yes";
    markers[0] = marker(linesOf(), follow);
    if (find?.value) search();
  };
  readIn?.addEventListener("change", read);

  // ---- Slides: each is fetched when it comes into view, not before

  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      target.append(element("img", { src: target.dataset.src, alt: target.dataset.alt ?? "", decoding: "async" }));
    }
  });
  for (const still of document.querySelectorAll(".still")) seen.observe(still);

  // ---- Pictures of the whole recording: fetched when opened

  const board = $("#board");
  const MOST = 48;
  const TILE = /(?:(\d+):)?(\d\d):(\d\d)\.(\d{3}) --> [^\n]*\n([^#\n]+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;
  const reading = {}; // the pictures of each storyboard, read once
  const tilesOf = (track) => (reading[track] ??= fetch(track).then(async (answer) => {
    if (!answer.ok) throw new Error(answer.status);
    const base = new URL(track, location.href);
    return [...(await answer.text()).matchAll(TILE)].map(([, hours, minutes, whole, , file, ...box]) => ({
      at: (Number(hours ?? 0) * 60 + Number(minutes)) * 60 + Number(whole), file: new URL(file, base).href, box,
    }));
  }));
  const show = (tile, { file, box: [x, y, width, height] }) => Object.assign(tile.style, {
    width: `${width}px`, height: `${height}px`, backgroundPosition: `-${x}px -${y}px`, backgroundImage: `url("${file}")`,
  });
  const draw = async () => {
    const tiles = await tilesOf(board.dataset.track);
    const step = Math.ceil(tiles.length / MOST);
    const made = tiles.filter((_, index) => index % step === 0).map((one) => {
      const tile = element("span", { className: "tile" });
      show(tile, one);
      const link = element("a", { href: `#t=${one.at}` }, tile, element("span", { className: "t" }, clock(one.at)));
      link.dataset.ms = one.at * 1000;
      return element("li", {}, link);
    });
    board.querySelector("ol").replaceChildren(...made);
    markers.push(marker(made.map((item) => item.firstChild), () => {}));
  };
  board?.addEventListener("toggle", () => { if (board.open) draw().catch(() => { board.hidden = true; }); }, { once: true });

  // ---- The line below the player: leads to any moment and shows it first; pictures are fetched when it is first used

  const line = $("#seek");
  const seekLine = () => {
    const range = line.querySelector("input");
    const tile = element("span", { className: "tile", hidden: true }), words = element("span");
    const peek = element("div", { className: "peek", hidden: true }, tile, words);
    peek.setAttribute("aria-hidden", "true"); // the same is said by the value of the line
    line.append(peek);
    const half = 8, length = Number(range.max); // px: half of the knob, which stays within the line at both ends
    const placeOf = (at) => range.offsetLeft + half + (length ? at / length : 0) * (range.offsetWidth - 2 * half);
    const titleAt = (at) => chapters[indexAt(times(chapters), at * 1000)]?.querySelector("bdi").textContent ?? "";
    const said = (at) => [clock(at), titleAt(at)].filter(Boolean).join(" – ");
    for (const [index, at] of times(chapters).entries()) {
      if (!index) continue;
      const tick = element("span", { className: "tick" });
      const put = () => { tick.style.left = `${placeOf(at / 1000)}px`; };
      new ResizeObserver(put).observe(range);
      line.append(tick);
    }
    let pictures = [];
    const fetchPictures = () => {
      if (!navigator.connection?.saveData) tilesOf(line.dataset.track).then((found) => { pictures = found; }, () => {});
    };
    const preview = (at) => {
      const picture = pictures[indexAt(pictures.map((one) => one.at), at)];
      tile.hidden = !picture;
      if (picture) show(tile, picture);
      words.textContent = said(at);
      peek.hidden = false;
      const most = line.offsetWidth - peek.offsetWidth;
      peek.style.left = `${Math.max(0, Math.min(most, placeOf(at) - peek.offsetWidth / 2))}px`;
    };
    const hide = () => { peek.hidden = true; };
    const tell = (at) => {
      range.value = at;
      range.setAttribute("aria-valuetext", said(at));
    };
    for (const kind of ["pointerenter", "focus"]) range.addEventListener(kind, fetchPictures, { once: true });
    range.addEventListener("pointermove", (event) => {
      const share = (event.offsetX - half) / (range.offsetWidth - 2 * half);
      preview(Math.max(0, Math.min(1, share)) * length);
    });
    for (const kind of ["pointerleave", "pointercancel", "blur"]) range.addEventListener(kind, hide);
    range.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
    let held = false; // while the knob is dragged, playback does not move it
    range.addEventListener("input", () => {
      held = true;
      tell(Number(range.value));
      preview(Number(range.value));
    });
    range.addEventListener("change", () => {
      held = false;
      seekAndPlay(Number(range.value));
    });
    player.addEventListener("timeupdate", () => { if (!held) tell(now()); });
  };
  if (line) seekLine();

  // ---- Tools

  const tools = $("#tools");
  if (tools) tools.hidden = false;

  $("#share")?.addEventListener("click", async (event) => {
    const address = new URL(location.href);
    address.hash = now() >= 1 ? `t=${Math.floor(now())}` : "";
    address.searchParams.delete("t");
    const text = String(address).replace(/#$/, "");
    try { await navigator.clipboard.writeText(text); } catch { prompt(event.target.textContent, text); return; }
    $("#said").textContent = event.target.dataset.done;
  });

  const speed = $("#speed");
  speed?.addEventListener("change", () => {
    player.defaultPlaybackRate = player.playbackRate = Number(speed.value);
    store.set("speed", speed.value);
  });
  const kept = store.get("speed");
  if (speed && [...speed.options].some((option) => option.value === kept)) {
    speed.value = kept;
    player.defaultPlaybackRate = player.playbackRate = Number(kept);
  }

  // A quality is one file; the empty one gives the choice back to the browser.
  const quality = $("#quality");
  const choose = () => {
    const at = now(), playing = !player.paused;
    detach();
    if (quality.value) player.src = quality.value;
    else player.removeAttribute("src");
    player.load();
    if (at > 0) seek(at);
    if (playing) player.play().catch(() => {});
  };
  quality?.addEventListener("change", () => {
    const keep = quality.selectedOptions[0].dataset.keep;
    if (keep) store.set("quality", keep); else store.remove("quality");
    choose();
  });
  // What saves data is chosen again on the next page, and at once where the browser asks to save data.
  const saving = store.get("quality") ?? (navigator.connection?.saveData ? "saver" : null);
  const saver = quality && [...quality.options].findIndex((option) => saving && option.dataset.keep === saving);
  if (saver > 0) { quality.selectedIndex = saver; choose(); }

  // Captions: the language chosen once is chosen again on the next page.
  const captions = () => [...player.textTracks].filter((track) => ["captions", "subtitles"].includes(track.kind));
  const language = store.get("captions");
  const again = captions().find((track) => track.language === language);
  if (again) again.mode = "showing";
  player.textTracks.addEventListener("change", () => {
    const shown = captions().find((track) => track.mode === "showing");
    if (shown) store.set("captions", shown.language); else store.remove("captions");
  });

  // Where playback was left, kept on this device only, offered and not forced.
  const place = `at:${location.pathname}`;
  const resume = $("#resume");
  const left = Number(store.get(place));
  if (resume && left > 10 && !(wanted() >= 0)) {
    resume.textContent = resume.dataset.text.replace("{}", clock(left));
    resume.hidden = false;
    resume.addEventListener("click", () => { resume.hidden = true; seekAndPlay(left); });
    player.addEventListener("play", () => { resume.hidden = true; }, { once: true });
  }
  const remember = () => {
    if (!(player.currentTime > 0)) return;
    const over = player.duration - player.currentTime < Math.max(5, player.duration * 0.02);
    if (over) store.remove(place); else store.set(place, String(Math.floor(player.currentTime)));
  };
  player.addEventListener("pause", remember);
  addEventListener("pagehide", remember);
})();
