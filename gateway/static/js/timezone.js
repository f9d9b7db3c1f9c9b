// Times are shown in the reader's zone, which only the browser knows. A choice in the settings stays.
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function rememberTimeZone() {
	if (!own || /(^|; )space_timezone=/.test(document.cookie)) {
		return;
	}
	const secure = location.protocol === 'https:' ? '; Secure' : '';
	document.cookie = `space_timezone=${own}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

// The first page was made before the server knew the zone: it shows UTC, marked so, and each event's own time.
export function showOwnTimes() {
	const yourTime = document.body.dataset.yourTime;
	if (!own || !yourTime) {
		return;
	}
	for (const time of document.querySelectorAll('time[data-local]')) {
		time.textContent = format(new Date(time.dateTime), time.dataset.local, own);
	}
	for (const time of document.querySelectorAll('time[data-own-zone]')) {
		const start = new Date(time.dateTime);
		if (sameClock(start, time.dataset.ownZone)) {
			continue;
		}
		const end = time.dataset.until && new Date(time.dataset.until);
		const text = end ? formatter('datetime', own).formatRange(start, end) : format(start, 'datetime', own);
		const shown = document.createElement('span');
		shown.className = time.closest('.event-time') ? 'your-time' : 'reader-time';
		shown.textContent = yourTime.replace('$1', text);
		(time.closest('.event-time') ?? time.nextElementSibling ?? time).after(' ', shown);
	}
	const zone = document.getElementById('f-timezone');
	if (zone && !zone.value) {
		zone.value = own;
	}
}

function formatter(style, timeZone) {
	const lang = document.documentElement.lang;
	const options = style === 'time' ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' };
	return new Intl.DateTimeFormat(`${lang}-u-nu-latn`, { ...options, timeZone });
}

function format(moment, style, timeZone) {
	return formatter(style, timeZone).format(moment);
}

function sameClock(moment, zone) {
	try {
		return format(moment, 'datetime', zone) === format(moment, 'datetime', own);
	} catch {
		return false;
	}
}
