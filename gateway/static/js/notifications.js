// The page of notifications shows what comes while it is open: the bell above it never counts what is not there.
const PARTS = ['[data-notification-list]', '[data-notification-actions]'];

export function startNotifications() {
	if (!document.querySelector(PARTS[0])) {
		return;
	}
	let last = 0;
	document.addEventListener('space:live', async () => {
		const mine = ++last;
		const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
		const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
		if (answer.ok && mine === last) {
			for (const part of PARTS) {
				replace(document.querySelector(part), page.querySelector(part));
			}
		}
	});
}

function replace(shown, fresh) {
	// What has the keyboard's focus stays, so that nobody loses their place.
	if (fresh && !shown.contains(document.activeElement)) {
		shown.replaceWith(document.adoptNode(fresh));
	}
}
