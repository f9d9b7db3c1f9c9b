// The service worker of the installed app. It keeps one page, for when there is no network, and its style sheet: never a
// page of the site, which could be old, or another person's after somebody else has signed in.
const KEPT = 'offline-1';
const OFFLINE = '/offline';

addEventListener('install', (event) => {
	event.waitUntil(keepOfflinePage().then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
	event.waitUntil(Promise.all([
		dropOlder(),
		registration.navigationPreload?.enable(),
		clients.claim(),
	]));
});

addEventListener('fetch', (event) => {
	const { request } = event;
	if (request.method !== 'GET') {
		return;
	}
	if (request.mode === 'navigate') {
		event.respondWith(pageOrOffline(event));
	} else if (request.destination === 'style') {
		event.respondWith(fetch(request).catch(async () => (await caches.match(request)) ?? Response.error()));
	}
});

async function keepOfflinePage() {
	const page = await fetch(OFFLINE, { cache: 'no-cache' });
	if (!page.ok) {
		throw new Error(`the page for no network: ${page.status}`);
	}
	const sheets = [...(await page.clone().text()).matchAll(/href="(\/static\/[^"]+\.css)"/g)].map((found) => found[1]);
	const cache = await caches.open(KEPT);
	await cache.addAll(sheets);
	await cache.put(OFFLINE, page);
}

async function dropOlder() {
	for (const name of await caches.keys()) {
		if (name !== KEPT) {
			await caches.delete(name);
		}
	}
}

async function pageOrOffline(event) {
	try {
		return (await event.preloadResponse) ?? await fetch(event.request);
	} catch {
		return (await caches.match(OFFLINE)) ?? Response.error();
	}
}

const PHONES = '/settings/notifications/phones';

addEventListener('push', (event) => {
	event.waitUntil(show(read(event.data)));
});

addEventListener('notificationclick', (event) => {
	const { navigate, ids } = event.notification.data ?? {};
	event.notification.close();
	event.waitUntil(Promise.all([open(navigate), markRead(ids)]));
});

addEventListener('pushsubscriptionchange', (event) => {
	event.waitUntil(renew(event.oldSubscription, event.newSubscription));
});

// A message that can't be read is shown as well: a browser ends a subscription whose messages show nothing.
function read(data) {
	try {
		const message = data.json();
		return message.notification.title ? message : {};
	} catch {
		return {};
	}
}

async function show({ notification = {}, app_badge: badge }) {
	const { title = location.host, body, lang, dir, tag = 'space', navigate = '/notifications', data = {} } = notification;
	// A second copy of a message replaces the first one in silence.
	const shown = await registration.getNotifications({ tag });
	const isCopy = data.key !== undefined && shown.some((each) => each.data?.key === data.key);
	await registration.showNotification(title, {
		body, lang, dir, tag,
		renotify: !isCopy,
		icon: '/static/-/img/icon-192.png',
		badge: '/static/-/img/badge-96.png',
		data: { navigate, ...data },
	});
	await showBadge(badge);
}

async function showBadge(unread) {
	if (Number.isInteger(unread)) {
		await (unread > 0 ? navigator.setAppBadge?.(unread) : navigator.clearAppBadge?.())?.catch(() => {});
	}
}

async function open(navigate) {
	const wanted = new URL(navigate ?? '/notifications', location.origin);
	const address = wanted.origin === location.origin ? wanted.href : '/notifications';
	const [window] = await clients.matchAll({ type: 'window', includeUncontrolled: true });
	if (window) {
		try {
			const focused = await window.focus();
			await focused.navigate(address);
			return;
		} catch {
			// Not ours to lead anywhere: a window that was open before the service worker.
		}
	}
	await clients.openWindow(address);
}

async function markRead(ids = []) {
	if (!ids.length) {
		return;
	}
	const values = new URLSearchParams(ids.map((id) => ['id', id]));
	await send('/notifications/read', values).catch(() => {
		// No network, or signed out: they stay unread.
	});
}

async function renew(before, given) {
	const { key } = await begin();
	const letters = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
	const subscription = given ?? await registration.pushManager.subscribe({
		userVisibleOnly: true,
		applicationServerKey: Uint8Array.from(letters, (letter) => letter.codePointAt(0)),
	});
	const { endpoint, keys } = subscription.toJSON();
	await send(PHONES, new URLSearchParams({ do: 'see', before: before?.endpoint ?? '', endpoint, ...keys }));
}

async function begin() {
	const answer = await fetch(PHONES, { headers: { Accept: 'application/json' } });
	if (!answer.ok) {
		throw new Error(String(answer.status));
	}
	return answer.json();
}

async function send(path, body) {
	const { token } = await begin();
	const answer = await fetch(path, { method: 'POST', headers: { 'X-CSRF-Token': token }, body });
	if (!answer.ok) {
		throw new Error(String(answer.status));
	}
	return answer;
}
