// In milliseconds: how long to wait before a stream that was refused is asked for again, at first and at the most.
const FIRST_WAIT = 5000;
const LONGEST_WAIT = 300000;
const MOST_REFUSALS = 12;

// News for the person signed in, as it happens: /live sends `notified` events with {"unread": n, "text": …}.
// Other modules listen to `space:live` on the document: detail is {type, data}.
export function startLive() {
	const bell = document.querySelector('[data-notifications]');
	if (!bell || document.body.dataset.signedIn !== '1') {
		return;
	}
	let source, again;
	let refusals = 0;
	const open = () => {
		source = new EventSource('/live');
		source.addEventListener('open', () => {
			refusals = 0;
		});
		source.addEventListener('notified', (event) => notified(bell, JSON.parse(event.data)));
		source.addEventListener('error', () => {
			// A browser reconnects by itself after a broken connection, but never after a refusal, such as a 503.
			if (source.readyState === EventSource.CLOSED && refusals < MOST_REFUSALS) {
				const wait = Math.min(FIRST_WAIT * 2 ** refusals, LONGEST_WAIT);
				refusals += 1;
				again = setTimeout(open, wait * (0.5 + Math.random() / 2));
			}
		});
	};
	open();
	addEventListener('pagehide', () => {
		clearTimeout(again);
		source.close();
	});
	addEventListener('pageshow', (event) => {
		if (event.persisted) {
			open();
		}
	});
}

function notified(bell, data) {
	showUnread(bell, data.unread);
	bell.setAttribute('aria-label', data.text);
	if (data.notification) {
		announce(data.text);
	}
	document.dispatchEvent(new CustomEvent('space:live', { detail: { type: 'notified', data } }));
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
