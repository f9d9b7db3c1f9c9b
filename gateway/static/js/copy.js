// A button beside each address that is there to be copied. Without scripts it can be selected.
export function startCopying() {
	if (!navigator.clipboard) {
		return;
	}
	for (const input of document.querySelectorAll('input[data-copy]')) {
		const button = document.createElement('button');
		button.type = 'button';
		button.className = 'cdx-button';
		button.textContent = input.dataset.copy;
		button.setAttribute('aria-describedby', input.id);
		button.addEventListener('click', async () => {
			await navigator.clipboard.writeText(input.value);
			button.textContent = input.dataset.copied;
			setTimeout(() => { button.textContent = input.dataset.copy; }, 3000);
		});
		input.parentElement.after(button);
		input.addEventListener('focus', () => input.select());
	}
}
