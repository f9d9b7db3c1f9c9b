// Suggests titles while one types in the search field; on wide screens the filters stand open.
const PAUSE = 150;

for (const input of document.querySelectorAll('input[data-suggest]')) {
	let timer;
	input.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(() => suggest(input), PAUSE);
	});
}

async function suggest(input) {
	const text = input.value.trim();
	if (!text) {
		return;
	}
	try {
		const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`);
		const found = answer.ok ? await answer.json() : [];
		if (text === input.value.trim()) {
			input.list.replaceChildren(...found.map(({ title }) => Object.assign(document.createElement('option'), { value: title })));
		}
	} catch {
		// Without suggestions the field searches all the same.
	}
}

if (matchMedia('(min-width: 60rem)').matches) {
	for (const details of document.querySelectorAll('details[data-open-wide]')) {
		details.open = true;
	}
}
