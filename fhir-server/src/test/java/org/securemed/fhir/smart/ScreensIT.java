package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestBrowser;

/** Every page fits a phone, names each of its fields, and can be looked at: {@code target/screenshots}. */
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

        // The app that is sent the code is not there; what it was granted is.
        SmartApp app = new SmartApp(server);
        app.exchange(app.code("patient", app.request("launch/patient patient/*.rs offline_access")));
        open("/account/apps");
        look("screen-apps");
        open("/account/passkeys");
        look("screen-passkeys");
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
