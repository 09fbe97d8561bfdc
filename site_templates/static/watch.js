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
      hls.loadSource(hlsSource.src);
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

  const lines = [...document.querySelectorAll(".transcript span[data-ms]")];
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
  const markers = [marker(lines, follow), marker(chapters, () => {})];
  player.addEventListener("timeupdate", () => {
    for (const mark of markers) mark(player.currentTime * 1000 + 50);
  });

  const find = $("#find"), found = $("#found");
  find?.addEventListener("input", () => {
    const words = find.value.trim().toLocaleLowerCase();
    let count = 0;
    for (const paragraph of scroller.querySelectorAll("p")) {
      const hit = !words || paragraph.textContent.toLocaleLowerCase().includes(words);
      paragraph.hidden = !hit;
      if (hit) count += 1;
    }
    found.textContent = words ? found.dataset.text.replace("{}", count) : "";
  });

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
  $("#quality")?.addEventListener("change", (event) => {
    const at = now(), playing = !player.paused;
    detach();
    if (event.target.value) player.src = event.target.value;
    else player.removeAttribute("src");
    player.load();
    if (at > 0) seek(at);
    if (playing) player.play().catch(() => {});
  });

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
