// What the pages do in the browser by themselves. Loaded with every drawing; it begins once.
if (!window.rvBegun) {
  window.rvBegun = true;
  const narrow = () => window.innerWidth <= 768;
  const WANTED = "rv-wanted";

  // Going to another address of ours keeps the session: a new load would end the sign-in.
  const go = (address) => {
    window.history.pushState({}, "", address);
    window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.rv-link");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      // Another server's page (Dagster's): the history takes no address of it, and to load it here
      // would end the sign-in.
      if (link.origin === window.location.origin) go(link.href);
      else window.open(link.href, "_blank", "noopener");
    }
    const skip = event.target.closest("a.rv-skip");
    if (skip) {
      event.preventDefault();
      document.getElementById("rv-main")?.focus();
    }
    // On a narrow screen the side bar lies over the page: it closes when a link in it was followed.
    const inside = event.target.closest(
      '[data-testid="stSidebarNavLink"], [data-testid="stSidebar"] a',
    );
    const button = document.querySelector('[data-testid="stSidebarCollapseButton"] button');
    if (inside && narrow() && button) window.setTimeout(() => button.click(), 50);
  });

  // The key / leads to the search, wherever nothing is typed.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable=true]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.querySelector(".st-key-find input");
    if (!search) return;
    event.preventDefault();
    search.focus();
  });

  // The theme that somebody chose is kept by Streamlit for one address: it counts for all of ours.
  const KEPT = /^stActiveTheme-.*-v\d+$/;
  const CHOICE = "rv-theme";
  window.addEventListener("pagehide", () => {
    const own = Object.keys(localStorage).filter((key) => KEPT.test(key));
    const loaded = own.find((key) => key.startsWith(`stActiveTheme-${window.rvLoadedAt}-v`));
    if (loaded) localStorage.setItem(CHOICE, localStorage.getItem(loaded));
    const version = own[0]?.match(/-v(\d+)$/)?.[1];
    const choice = localStorage.getItem(CHOICE);
    if (!choice || !version) return;
    for (const link of document.querySelectorAll('[data-testid="stSidebarNavLink"]')) {
      localStorage.setItem(`stActiveTheme-${new URL(link.href).pathname}-v${version}`, choice);
    }
  });
  window.rvLoadedAt = window.location.pathname;

  // A sign-in by the identity provider returns to the first page: the wanted link is gone to then.
  window.rvWanted = (signedIn) => {
    const here = window.location.pathname + window.location.search;
    if (!signedIn) {
      if (here !== "/" && !window.location.pathname.startsWith("/oauth2")) {
        sessionStorage.setItem(WANTED, here);
      }
      return;
    }
    const wanted = sessionStorage.getItem(WANTED);
    sessionStorage.removeItem(WANTED);
    if (wanted && wanted.startsWith("/") && !wanted.startsWith("//") && here === "/") go(wanted);
  };
}
window.rvWanted(window.rvSignedIn);
