// News for the person signed in, as it happens: /live sends `notified` events with {"unread": n, "text": …}.
// Other modules listen to `space:live` on the document: detail is {type, data}.
export function startLive() {
	const bell = document.querySelector('[data-notifications]');
	if (!bell || document.body.dataset.signedIn !== '1') {
		return;
	}
	const source = new EventSource('/live');
	source.addEventListener('notified', (event) => {
		const data = JSON.parse(event.data);
		showUnread(bell, data.unread);
		bell.setAttribute('aria-label', data.text);
		if (data.notification) {
			announce(data.text);
		}
		bell.setAttribute('aria-label', data.text);
		document.dispatchEvent(new CustomEvent('space:live', { detail: { type: 'notified', data } }));
	});
	addEventListener('pagehide', () => source.close());
}

function showUnread(bell, unread) {
	const count = bell.querySelector('[data-unread]');
	count.dataset.unread = unread;
	count.textContent = unread > 99 ? '99+' : new Intl.NumberFormat(document.documentElement.lang).format(unread);
	count.hidden = unread === 0;
}

// Said by screen readers when they have finished what they are at; nothing moves on the page.
function announce(text) {
	let region = document.getElementById('live-region');
	if (!region) {
		region = document.createElement('div');
		region.id = 'live-region';
		region.className = 'visually-hidden';
		region.setAttribute('role', 'status');
		document.body.append(region);
	}
	// A region that has just been added is not listened to yet.
	setTimeout(() => {
		region.textContent = text;
	}, 100);
}
