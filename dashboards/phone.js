// On a narrow screen the side bar lies over the page: it closes when a link in it was followed.
if (!window.rvSideBarCloses) {
  window.rvSideBarCloses = true;
  document.addEventListener("click", (event) => {
    const link = event.target.closest('[data-testid="stSidebarNavLink"]');
    if (!link || window.innerWidth > 768) return;
    const button = document.querySelector('[data-testid="stSidebarCollapseButton"] button');
    if (button) window.setTimeout(() => button.click(), 50);
  });
}
