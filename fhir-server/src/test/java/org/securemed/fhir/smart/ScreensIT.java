package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestBrowser;

/**
 * Every page fits a phone, names each of its fields, is walked through by keyboard alone, holds before axe-core, and
 * can be looked at: {@code target/screenshots}.
 */
class ScreensIT {
    private static final SmartServer server = SmartServer.shared();

    private final BrowserContext profile = TestBrowser.profile();
    private final Page page = profile.newPage();

    @AfterEach
    void close() {
        profile.close();
    }

    private void open(String path) {
        page.navigate(server.at(path).toString());
    }

    private void logIn(String user) {
        open("/login");
        page.getByLabel("Name").fill(user);
        page.getByLabel("Password").fill(user + "-password");
        press("Sign in");
    }

    private void press(String button) {
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName(button).setExact(true))
                .click();
    }

    /** Looks at the page on a laptop and on a phone. */
    private void look(String name) {
        for (int width : new int[] {1000, 360}) {
            page.setViewportSize(width, 780);
            TestBrowser.picture(page, name + "-" + width);
            assertThat(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
                    .as(name + " fits " + width)
                    .isEqualTo(true);
        }
        assertThat(page.evaluate("""
                () => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button')]
                  .filter(field => !(field.labels && field.labels.length) && !field.getAttribute('aria-label')
                    && !field.textContent.trim())
                  .map(field => field.outerHTML)""")).as(name + ": fields without a name").isEqualTo(List.of());
        assertThat(page.evaluate("""
                () => [document.documentElement.lang, document.querySelectorAll('main').length,
                  document.querySelectorAll('h1').length, document.title.length > 3].join(' ')""")).as(name).isEqualTo("en 1 1 true");
        assertThat(page.evaluate(CONTRAST))
                .as(name + ": text of too little contrast")
                .isEqualTo(List.of());
        Keyboard.walk(page, name);
        Keyboard.examine(page, name);
    }

    /** WCAG 2.2, 1.4.3: 4.5 to 1 for text, against the nearest ground that is not transparent. */
    private static final String CONTRAST = """
            () => {
              const parse = color => color.match(/[0-9.]+/g).map(Number);
              const light = color => {
                const [r, g, b] = parse(color).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const ground = element => {
                for (let at = element; at; at = at.parentElement) {
                  const color = getComputedStyle(at).backgroundColor;
                  const parts = parse(color);
                  if (parts.length === 3 || parts[3] > 0) return color;
                }
                return 'rgb(255, 255, 255)';
              };
              const texts = [...document.querySelectorAll('main *')].filter(element =>
                [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()));
              return texts.filter(element => {
                const one = light(getComputedStyle(element).color), two = light(ground(element));
                return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05) < 4.5;
              }).map(element => element.outerHTML);
            }""";

    private String authorize(String scope) {
        SmartApp app = new SmartApp(server);
        return "/oauth2/authorize?" + Http.form(app.request(scope));
    }

    @Test
    void the_log_in_page() {
        open("/login");
        look("screen-login");
        open("/login?failed");
        look("screen-login-failed");
        open("/login?strong");
        look("screen-login-strong");
    }

    @Test
    void the_consent_screen_and_the_apps() {
        logIn("patient");
        open(authorize("openid fhirUser launch/patient patient/*.rs offline_access"));
        look("screen-consent");
        assertThat(page.getByLabel("Mental health").isChecked()).isFalse();
        page.getByLabel("Laboratory results").uncheck();
        look("screen-consent-narrowed");
        open(authorize("launch/patient patient/Observation.cruds?category=laboratory"));
        look("screen-consent-writes");

        SmartApp app = new SmartApp(server);
        app.exchange(app.code("patient", app.request("launch/patient patient/*.rs offline_access")));
        open(authorize("launch/patient patient/*.rs offline_access"));
        assertThat(page.textContent("main")).contains("You let this app in before");
        look("screen-consent-again");
        open("/account/apps");
        look("screen-apps");
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Receipt of Demo app"))
                .first()
                .click();
        look("screen-receipt-later");
        open("/account/password");
        look("screen-password");
        open("/account/passkeys");
        look("screen-passkeys");
    }

    @Test
    void consent_is_given_by_keyboard_alone_and_a_receipt_shown_before_the_app() {
        logIn("patient");
        open(authorize("launch/patient patient/*.rs offline_access"));
        focus("Conditions and diagnoses");
        page.keyboard().press("Space");
        focus("For a week");
        page.keyboard().press("Space");
        focus("Allow selected");
        page.keyboard().press("Enter");

        page.waitForURL("**/account/apps/**");
        assertThat(page.textContent("main"))
                .contains("You have let Demo app in", "Medicines", "entry 4711", "left out")
                .doesNotContain("Conditions and diagnoses");
        look("screen-receipt");
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Stay here"))
                .click();
        assertThat(page.textContent("main")).contains("Go on to").doesNotContain("Stay here");
        look("screen-receipt-stay");
        // Nobody listens there; that the browser goes there is what counts.
        page.route("http://127.0.0.1:4711/**", route -> route.fulfill(new Route.FulfillOptions().setBody("the app")));
        focus("Go on to Demo app");
        page.keyboard().press("Enter");
        page.waitForURL("http://127.0.0.1:4711/callback*");
        assertThat(page.url()).contains("code=").contains("state=");
    }

    /** Tab until there, as people do. */
    private void focus(String label) {
        for (int i = 0; i < 60; i++) {
            page.keyboard().press("Tab");
            Object name = page.evaluate("""
                    () => { const at = document.activeElement;
                      return (at.labels && at.labels.length ? at.labels[0].textContent : at.textContent).trim().replace(/\\s+/g, ' '); }""");
            if (label.equals(name)) {
                return;
            }
            if (Boolean.TRUE.equals(page.evaluate("() => document.activeElement.type === 'radio'"))) {
                for (int down = 0; down < 6; down++) {
                    page.keyboard().press("ArrowDown");
                    if (label.equals(page.evaluate("() => document.activeElement.labels[0].textContent.trim()"))) {
                        return;
                    }
                }
            }
        }
        throw new AssertionError("Tab does not lead to " + label);
    }

    private Locator displayName() {
        return page.getByLabel("Name, as patients see it", new Page.GetByLabelOptions().setExact(true));
    }

    @Test
    void the_accounts() {
        logIn("administrator");
        open(AccountsPage.PATH);
        look("screen-accounts");
        page.getByLabel("Name to sign in with").fill("nina");
        displayName().fill("Nina Nurse");
        press("Make the account");
        assertThat(page.getByRole(AriaRole.ALERT).textContent()).contains("role");
        look("screen-accounts-refused");
        assertThat(displayName().inputValue()).isEqualTo("Nina Nurse");
        page.getByLabel("Name to sign in with").fill("nina" + System.nanoTime());
        page.getByLabel("nurse", new Page.GetByLabelOptions().setExact(true)).check();
        page.getByLabel("Who it is").fill("Practitioner/nina");
        press("Make the account");
        assertThat(page.getByRole(AriaRole.STATUS).textContent()).contains("shown this once");
        look("screen-accounts-made");
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Change Nina Nurse"))
                .first()
                .click();
        look("screen-accounts-change");
    }

    @Test
    void the_picker() {
        logIn("physician");
        open(authorize("launch/patient patient/*.rs user/*.rs"));
        look("screen-picker");
        page.getByLabel("Whose record?").fill("nobody of this name");
        press("Search");
        look("screen-picker-nobody");
    }

    @Test
    void the_clients() {
        logIn("administrator");
        open(ClientsPage.PATH);
        look("screen-clients");
        page.getByLabel("Name, as people will see it").fill("Growth chart");
        page.getByLabel("App with a server and a secret").check();
        page.getByLabel("Redirect addresses of an app, one a line").fill("ftp://nowhere");
        press("Register");
        look("screen-clients-refused");
        assertThat(page.getByLabel("Name, as people will see it").inputValue()).isEqualTo("Growth chart");
        page.getByLabel("Redirect addresses of an app, one a line").fill("https://growth.example/callback");
        press("Register");
        assertThat(page.getByRole(AriaRole.STATUS).textContent()).contains("secret");
        look("screen-clients-registered");
    }

    @Test
    void errors_are_pages_for_people() {
        for (String path : List.of("/oauth2/authorize?response_type=code&client_id=nobody", "/nothing/here")) {
            open(path);
            look("screen-error" + path.replaceAll("[^a-z0-9]+", "-"));
        }
        logIn("patient");
        open("/oauth2/consent?state=gone");
        look("screen-error-consent");
        assertThat(page.textContent("main")).contains("Start again in the app");
    }
}
