// Search: what is typed becomes words exactly as catalog/words.py makes them; small pieces of files tell for each word
// which recordings have it and where (see catalog/search_words.py), and one to three for each result hold the text to show.
(() => {
  "use strict";
  const page = document.getElementById("search");
  if (!page) return;
  const root = page.dataset.root, folder = page.dataset.folder;
  const form = page.querySelector("form"), input = page.querySelector("input[type=search]");
  const list = document.getElementById("results"), status = document.getElementById("count");
  const more = document.getElementById("more"), language = document.getElementById("in-language");
  const event = document.getElementById("in-event"), year = document.getElementById("in-year");
  const kind = document.getElementById("of-kind");
  const PAGE = 10;

  // ---- Words

  const MARKS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]+/g;
  const RUN = "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff";
  const RUNS = new RegExp(`([${RUN}]+)`), ONE_RUN = new RegExp(`^[${RUN}]+$`);
  const ARTICLE = /^(?:[\u0648\u0641\u0628\u0643]?\u0627\u0644|\u0644\u0644)(?=[\u0620-\u064a]{3})/;
  const PLURAL = /^[a-z]{3,}[a-rt-z]s$/;
  const WORD = /[\p{L}\p{N}\p{M}]+/gu;

  const level = (text) => text.normalize("NFKD").toLowerCase().normalize("NFKD").replace(MARKS, "").normalize("NFC")
    .replace(/\u0649/g, "\u064a").replace(/\u0629/g, "\u0647");
  const stem = (word) => (PLURAL.test(word) ? word.slice(0, -1) : word.replace(ARTICLE, ""));
  const pairs = (run) => {
    const characters = [...run];
    return characters.length < 2 ? characters
      : characters.slice(1).map((character, index) => characters[index] + character);
  };
  const words = (text) => (level(text).match(WORD) ?? []).flatMap((match) =>
    match.split(RUNS).flatMap((part) => (ONE_RUN.test(part) ? pairs(part) : part ? [stem(part)] : [])));
  const hash = (word) => {
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(word)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
    return value;
  };
  page.words = words; // for the test that compares both implementations

  // ---- Files, each fetched once; of packs (see catalog/pack.py) a piece at a time, by a range of bytes

  const known = new Map();
  const once = (name, make) => {
    if (!known.has(name)) {
      known.set(name, make());
      known.get(name).catch(() => known.delete(name));
    }
    return known.get(name);
  };
  const ask = async (name, headers = {}) => {
    const answer = await fetch(`${root}search/${name}`, { headers });
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return answer;
  };
  const index = () => once("index", async () => (await ask("index.json")).json());
  // The first answer tells: a host that knows no ranges sends the whole file, and nothing else is asked for.
  const range = async (name, from, to) => {
    const part = () => ask(name, { Range: `bytes=${from}-${to - 1}` });
    let first;
    const whole = await once(name, async () => {
      first = await part();
      return first.status === 206 ? null : first.arrayBuffer();
    });
    if (whole) return whole.slice(from, to);
    const answer = first ?? await part();
    const content = await answer.arrayBuffer();
    return answer.status === 206 ? content : content.slice(from, to);
  };
  const piece = (name, number) => once(`${name} ${number}`, async () => {
    const places = new DataView(await range(name, 4 * number, 4 * number + 8));
    const from = places.getUint32(0, true), to = places.getUint32(4, true);
    if (from === to) return null;
    const packed = new Blob([await range(name, from, to)]);
    return new Response(packed.stream().pipeThrough(new DecompressionStream("deflate"))).json();
  });

  // ---- Finding

  const parse = (query) => {
    const phrases = [...query.matchAll(/["“”«»]([^"“”«»]+)["“”«»]/g)].map((match) => words(match[1]));
    return { words: [...new Set(words(query))], phrases: phrases.filter((phrase) => phrase.length > 1) };
  };
  const weight = (block) => (block === 0 ? 8 : block === 1 ? 3 : 1);

  // What a segment says of a word: recordings, and the blocks of each.
  const places = (numbers, first) => {
    const entries = [];
    for (let at = 0, recording = first; at < numbers.length; at += 2 + numbers[at + 1]) {
      recording += numbers[at];
      entries.push([recording, numbers.slice(at + 2, at + 2 + numbers[at + 1])]);
    }
    return entries;
  };

  // Recordings that have every word (else those that have most), best first: rare words and titles count most, and words close together.
  const find = async (wanted) => {
    const { segments, recordings } = await index();
    const lists = await Promise.all(wanted.map((word) => Promise.all(segments.map(async ({ name, shards }) => {
      const shard = await piece(`${name}.bin`, hash(word) & (shards - 1));
      if (!shard || !Object.hasOwn(shard.words, word)) return { numbers: [] };
      return { first: shard.first, numbers: shard.words[word], common: shard.common.includes(word) };
    }))));
    const scores = new Map();
    lists.forEach((found) => {
      const entries = found.flatMap(({ numbers, first }) => places(numbers, first));
      const required = !found.some(({ common }) => common); // the index has common words of titles only
      const rarity = Math.log(1 + recordings / Math.max(1, entries.length));
      for (const [recording, places] of entries) {
        const found = scores.get(recording) ?? { recording, words: 0, score: 0, blocks: new Map() };
        if (required) found.words += 1;
        found.score += rarity * (weight(places[0]) + Math.log(places.length));
        for (const block of places) found.blocks.set(block, (found.blocks.get(block) ?? 0) + rarity);
        scores.set(recording, found);
      }
    });
    const most = [...scores.values()].reduce((best, one) => Math.max(best, one.words), 0);
    const results = [...scores.values()].filter((one) => one.words === most);
    for (const one of results) {
      // Blocks with most of the words; among equals what is said comes before what is written about it, then by time.
      one.order = [...one.blocks].sort((a, b) => b[1] - a[1] || (a[0] < 2) - (b[0] < 2) || a[0] - b[0]).map(([block]) => block);
      one.score += 2 * one.blocks.get(one.order[0]);
    }
    return results.sort((a, b) => b.score - a.score || b.recording - a.recording);
  };

  const contains = (text, phrase) => {
    const sequence = words(text);
    return sequence.some((_, at) => phrase.every((word, index) => sequence[at + index] === word));
  };
  // Of a text in several languages the one that has all phrases, and most of the words.
  const said = (texts, phrases, wanted) => {
    const fitting = texts.filter(([text]) => phrases.every((phrase) => contains(text, phrase)));
    if (fitting.length < 2) return fitting[0];
    const having = ([text]) => { const all = new Set(words(text)); return wanted.filter((word) => all.has(word)).length; };
    return fitting.map((one) => [having(one), one]).sort(([a], [b]) => b - a)[0][1];
  };
  const load = async (result, phrases, wanted) => {
    const { chunk } = await index();
    const shown = [];
    const holding = (block) => piece(`text/${result.recording}.bin`, Math.floor(block / chunk));
    [result.about] = await Promise.all(result.order.slice(0, 3).map(holding)); // these are always looked at
    for (const block of result.order.slice(0, phrases.length ? 12 : 3)) {
      const file = await holding(block);
      const [ms, text, spoken, ...translations] = file.blocks[block % chunk];
      const found = said([[text, spoken], ...translations], phrases, wanted);
      if (found) shown.push({ block, ms, text: found[0], spoken: found[1] });
      if (shown.length === 3) break;
    }
    result.shown = shown;
    return result;
  };

  // ---- Showing

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const clock = (ms) => {
    const parts = [Math.floor(ms / 3600000), Math.floor(ms / 60000) % 60, Math.floor(ms / 1000) % 60];
    if (!parts[0]) parts.shift();
    return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
  };
  const marked = (text, wanted) => {
    const set = new Set(wanted), made = element("bdi");
    let at = 0;
    for (const match of text.matchAll(WORD)) {
      if (!words(match[0]).some((word) => set.has(word))) continue;
      made.append(text.slice(at, match.index), element("mark", {}, match[0]));
      at = match.index + match[0].length;
    }
    made.append(text.slice(at));
    return made;
  };
  // A title in the language of this page where there is one, with its language.
  const worded = (text, spoken, titles = {}) => {
    const here = [document.documentElement.lang, document.documentElement.lang.split("-")[0]];
    const tag = here.find((one) => Object.hasOwn(titles, one));
    return tag ? [titles[tag], tag] : [text, Object.keys(titles).find((one) => titles[one] === text) ?? spoken];
  };
  const show = ({ about, shown }, wanted) => {
    const address = root + folder + about.page + page.dataset.file;
    const picture = element("span", { className: about.thumbnail ? "thumb" : "thumb bare" });
    if (about.thumbnail) picture.append(element("img", { src: about.thumbnail.includes("://") ? about.thumbnail : root + about.thumbnail, alt: "", width: 320, height: 180, loading: "lazy" }));
    if (about.duration_ms) picture.append(element("span", { className: "length" }, clock(about.duration_ms)));
    const places = element("ul", { className: "places" });
    for (const { block, ms, text, spoken } of shown) {
      if (block === 0) continue;
      const line = element("li", { lang: spoken || "" });
      if (ms >= 0) line.append(element("a", { className: "t", href: `${address}#t=${ms / 1000}` }, clock(ms)), " ");
      line.append(marked(text.length > 300 ? `${text.slice(0, 300)}…` : text, wanted));
      places.append(line);
    }
    const [name, tag] = worded(about.title, about.language, about.titles);
    const title = element("h2", { lang: tag }, element("a", { href: address }, marked(name, wanted)));
    const text = element("div", { className: "card-text" }, title);
    if (about.people.length) text.append(element("p", { className: "by" }, marked(about.people.join(", "), wanted)));
    text.append(element("p", { className: "muted" }, element("bdi", {}, worded(about.event, "", about.event_titles)[0])), places);
    return element("li", {}, element("article", { className: "result" }, picture, text));
  };

  const fits = ({ about }) => (!language.value || about.language.toLowerCase() === language.value)
    && (!event?.value || about.event_page === event.value) && (!kind.value || about.kind === kind.value)
    && (!year?.value || about.year === Number(year.value));

  let turn = 0; // the query that is being answered; answers to older ones are dropped
  const answer = async (query, again = false) => {
    const mine = ++turn;
    const { words: wanted, phrases } = parse(query);
    list.replaceChildren();
    more.hidden = true;
    if (!wanted.length) { status.textContent = ""; return; }
    status.textContent = page.dataset.searching;
    try {
      const results = await find(wanted);
      if (mine !== turn) return;
      let next = 0, total = results.length;
      const step = async () => {
        more.hidden = true;
        let added = 0;
        while (next < results.length && added < PAGE) {
          const batch = await Promise.all(results.slice(next, next + PAGE).map((one) => load(one, phrases, wanted)));
          if (mine !== turn) return;
          next += batch.length;
          for (const one of batch) {
            if (one.shown.length && fits(one)) { list.append(show(one, wanted)); added += 1; } else total -= 1;
          }
        }
        status.textContent = (total ? page.dataset.found : page.dataset.none).replace("{}", total);
        more.hidden = next >= results.length;
      };
      more.onclick = () => step().catch(() => { // what is shown stays, and the button leads on
        if (mine !== turn) return;
        known.clear();
        status.textContent = page.dataset.failed;
        more.hidden = false;
      });
      await step();
    } catch {
      if (mine !== turn) return;
      known.clear(); // files that were replaced meanwhile do not fit the others
      if (again) status.textContent = page.dataset.failed; else answer(query, true);
    }
  };

  const start = () => {
    const query = input.value.trim();
    const address = new URL(location.href);
    if (query) address.searchParams.set("q", query); else address.searchParams.delete("q");
    history.replaceState(null, "", address);
    answer(query);
  };
  form.addEventListener("submit", (asked) => { asked.preventDefault(); start(); });
  for (const field of [language, event, year, kind]) field?.addEventListener("change", start);
  input.value = new URLSearchParams(location.search).get("q") ?? "";
  if (input.value) answer(input.value); else input.focus();
})();
