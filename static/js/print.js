// On paper: the day of printing, and the address as it is after filters changed it.
addEventListener("beforeprint", () => {
  const day = document.querySelector("[data-print-day]");
  const address = document.querySelector("[data-print-address]");
  if (day)
    day.textContent = new Date().toLocaleDateString("en-GB", {
      day: "numeric",
      month: "long",
      year: "numeric",
    });
  if (address) address.textContent = location.href;
});
