package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What people without a mouse, or without sight, need of a page; in the real browser. */
final class Keyboard {
    private static final int MOST = 120;

    private static final String AXE = axe();

    /** A key for each stop: a group of radio buttons is one. */
    private static final String STOP = """
            element => element.type === 'radio' ? 'radio ' + element.name
              : element.tagName + ' ' + (element.id || element.name || '') + ' '
                + (element.getAttribute('aria-label') || element.value || element.textContent || '').trim().slice(0, 60)
            """;

    /** What should be reached, in the order of the page. */
    private static final String STOPS = """
            () => {
              const stop = %s;
              const all = [...document.querySelectorAll(
                  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]')]
                .filter(element => !element.disabled && element.tabIndex >= 0 && element.getClientRects().length > 0);
              return all.map(stop).filter((one, at, list) => !(one.startsWith('radio ') && list.indexOf(one) < at));
            }""".formatted(STOP);

    private Keyboard() {}

    /** By Tab alone everything is reached once, in the order of the page, each visibly, and one gets out at the end. */
    static void walk(Page page, String name) {
        List<?> expected = (List<?>) page.evaluate(STOPS);
        // From the top, whatever has the focus at first.
        page.evaluate("() => { document.activeElement.blur(); window.getSelection().removeAllRanges();"
                + " document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex'); }");
        List<Object> reached = new ArrayList<>();
        for (int i = 0; i < MOST; i++) {
            page.keyboard().press("Tab");
            if (Boolean.TRUE.equals(page.evaluate("() => document.activeElement === document.body"))) {
                break;
            }
            reached.add(page.evaluate("() => (" + STOP.strip() + ")(document.activeElement)"));
            assertThat(page.evaluate("""
                    () => {
                      const style = getComputedStyle(document.activeElement), box = document.activeElement.getBoundingClientRect();
                      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
                        && box.bottom > 0 && box.top < innerHeight;
                    }"""))
                    .as(name + ": focus is seen on " + reached.get(reached.size() - 1))
                    .isEqualTo(true);
        }
        assertThat(reached).as(name + ": what Tab reaches").isEqualTo(expected);
    }

    /** What axe-core calls a violation of WCAG 2.2 A or AA, or of its best practices. */
    static void examine(Page page, String name) {
        page.evaluate(AXE);
        assertThat((List<?>) page.evaluate("""
                () => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(violation =>
                  violation.impact + ' ' + violation.id + ': ' + violation.nodes.map(node => node.html).join(' | ')))"""))
                .as(name + ": what axe-core finds")
                .isEmpty();
    }

    private static String axe() {
        try (InputStream script = Keyboard.class.getResourceAsStream("/axe/axe.min.js")) {
            return new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
