// Marks that scripts run, so that the style sheet may show what only works with them.
document.documentElement.classList.add("js");
