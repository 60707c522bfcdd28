// Where the main menu scrolls, in a window that is not wide, it shows the entry of the open page.
document.addEventListener("DOMContentLoaded", () => {
  const open = document.querySelector(".site-nav [aria-current]");
  const list = open?.closest("ul");
  if (list)
    list.scrollLeft =
      open.offsetLeft + open.offsetWidth / 2 - list.offsetLeft - list.clientWidth / 2;
});
