// Messages to this device (Web Push): asked for on the page of notification settings, and looked after at each visit.
const PHONES = '/settings/notifications/phones';
const KNOWN = 'space-push';
// In milliseconds: how often the server is told which subscription this browser has, while that stays the same.
const AGAIN = 12 * 60 * 60 * 1000;

const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.codePointAt(0));

export function startPush() {
	if (document.body.dataset.signedIn !== '1') {
		navigator.clearAppBadge?.().catch(() => {});
		return;
	}
	showBadge(document.querySelector('[data-unread]')?.dataset.unread);
	document.addEventListener('space:live', ({ detail }) => showBadge(detail.data.unread));
	const section = document.querySelector('[data-push]');
	if (globalThis.PushManager && globalThis.Notification && navigator.serviceWorker) {
		lookAfter(section !== null).catch(() => {
			// No network: the next visit does it.
		});
		if (section) {
			offer(section);
		}
	} else if (section && /iPhone|iPad/.test(navigator.userAgent)) {
		// There it works only once the site is installed.
		section.querySelector('[data-push-install]').hidden = false;
	}
}

function showBadge(unread) {
	const count = Number(unread);
	const shown = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
	shown?.catch(() => {});
}

// The browser may have another subscription by now, or the server none of it: then it gets nothing, and nobody knows.
async function lookAfter(now) {
	const registration = await navigator.serviceWorker.getRegistration('/');
	const subscription = await registration?.pushManager.getSubscription();
	const known = JSON.parse(localStorage.getItem(KNOWN) ?? 'null');
	if (!subscription) {
		return;
	}
	if (!now && known?.endpoint === subscription.endpoint && Date.now() - known.at < AGAIN) {
		return;
	}
	const before = known && known.endpoint !== subscription.endpoint ? known.endpoint : '';
	const answer = await send({ do: 'see', before, ...fields(subscription) });
	if (answer.known) {
		remember(subscription);
	} else {
		// It was removed on another device, or somebody else uses this browser now.
		localStorage.removeItem(KNOWN);
		await subscription.unsubscribe();
	}
}

function offer(section) {
	const part = (name) => section.querySelector(`[data-push-${name}]`);
	const form = part('form');
	part('missing').hidden = true;
	if ('pushKnown' in section.dataset && Notification.permission === 'granted') {
		part('here').hidden = false;
		return;
	}
	form.hidden = false;
	form.addEventListener('submit', async (event) => {
		event.preventDefault();
		part('denied').hidden = part('failed').hidden = true;
		let failed;
		try {
			if (await Notification.requestPermission() === 'granted') {
				await subscribe(form.elements.name.value);
				location.reload();
				return;
			}
			failed = part('denied');
		} catch {
			failed = part('failed');
		}
		failed.hidden = false;
		failed.focus();
	});
}

async function subscribe(name) {
	const { key } = await begin();
	await navigator.serviceWorker.register('/service-worker.js', { updateViaCache: 'none' });
	const registration = await navigator.serviceWorker.ready;
	const before = await registration.pushManager.getSubscription();
	// One that was made with another key of the site can't be used any more.
	await before?.unsubscribe();
	const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
	await send({ do: 'add', name, ...fields(subscription) });
	remember(subscription);
}

function remember(subscription) {
	localStorage.setItem(KNOWN, JSON.stringify({ endpoint: subscription.endpoint, at: Date.now() }));
}

function fields(subscription) {
	const { endpoint, keys } = subscription.toJSON();
	return { endpoint, p256dh: keys.p256dh, auth: keys.auth };
}

async function begin() {
	const answer = await fetch(PHONES, { headers: { Accept: 'application/json' } });
	if (!answer.ok) {
		throw new Error(String(answer.status));
	}
	return answer.json();
}

async function send(values) {
	const { token } = await begin();
	const answer = await fetch(PHONES, {
		method: 'POST',
		headers: { Accept: 'application/json', 'X-CSRF-Token': token },
		body: new URLSearchParams(values),
	});
	if (!answer.ok) {
		throw new Error(String(answer.status));
	}
	return answer.json();
}
