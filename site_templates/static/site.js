// Marks that scripts run, so that the style sheet may show what only works with them.
document.documentElement.classList.add("js");
for (const element of document.querySelectorAll("[data-with-scripts]")) element.hidden = false;

// The switch on the page about the catalogue: forget everything kept on this device.
document.getElementById("forget")?.addEventListener("click", (event) => {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("aftertalk:")) localStorage.removeItem(key);
  } catch { /* nothing was kept */ }
  document.getElementById("forgotten").textContent = event.target.dataset.done;
});
