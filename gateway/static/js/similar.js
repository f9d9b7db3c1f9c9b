// Shows topics that are similar to the title which is being written.
const PAUSE = 600;
const SHORTEST = 8;

for (const input of document.querySelectorAll('input[data-similar]')) {
	let timer;
	input.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(() => look(input), PAUSE);
	});
}

async function look(input) {
	const box = document.getElementById('similar');
	const text = input.value.trim();
	try {
		const answer = text.length >= SHORTEST && await fetch(`${input.dataset.similar}?q=${encodeURIComponent(text)}`);
		const found = answer && answer.ok ? await answer.json() : [];
		if (text === input.value.trim()) {
			box.querySelector('ul').replaceChildren(...found.map(row));
			box.hidden = !found.length;
		}
	} catch {
		// Without it one writes all the same.
	}
}

function row({ title, path, lang, dir }) {
	const item = document.createElement('li');
	item.append(Object.assign(document.createElement('a'), { textContent: title, href: path, lang, dir, target: '_blank' }));
	return item;
}
