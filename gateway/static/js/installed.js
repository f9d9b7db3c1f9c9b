// The service worker is for who has signed in, or has installed the site: a visitor needs none.
export function startInstalled() {
	const installed = matchMedia('(display-mode: standalone)').matches;
	if (!navigator.serviceWorker || !(installed || document.body.dataset.signedIn === '1')) {
		return;
	}
	// After the page: nothing of it waits for this.
	const register = () => navigator.serviceWorker.register('/service-worker.js', { updateViaCache: 'none' }).catch(() => {
		// Forbidden by the browser's settings, or the server is away: the next page tries again.
	});
	if (document.readyState === 'complete') {
		register();
	} else {
		addEventListener('load', register, { once: true });
	}
}
