package org.securemed.card.gs1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.securemed.card.gs1.ApplicationIdentifier.BATCH;
import static org.securemed.card.gs1.ApplicationIdentifier.EXPIRY;
import static org.securemed.card.gs1.ApplicationIdentifier.GTIN;
import static org.securemed.card.gs1.ApplicationIdentifier.RECIPIENT;
import static org.securemed.card.gs1.ApplicationIdentifier.SERIAL;
import static org.securemed.card.gs1.ApplicationIdentifier.SERVICE_INSTANCE;
import static org.securemed.card.gs1.ApplicationIdentifier.SSCC;

import java.time.LocalDate;
import java.time.Year;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ^} stands for FNC1. Numbers are GS1's own examples where it has one. */
class ElementStringTest {
    private static final Year NOW = Year.of(2026);

    @Test
    void a_medicine_has_product_expiry_batch_and_serial() throws ElementStringException {
        ElementString medicine = parse("0109506000134352" + "17261200" + "10ABC-123^" + "21x7/9_q");
        assertThat(medicine.values())
                .isEqualTo(Map.of(GTIN, "09506000134352", EXPIRY, "261200", BATCH, "ABC-123", SERIAL, "x7/9_q"));
        assertThat(medicine.date(EXPIRY)).hasValue(LocalDate.of(2026, 12, 31));
    }

    @Test
    void a_wristband_has_a_service_relation_and_which_of_its_instances() throws ElementStringException {
        ElementString wristband = parse("8018950600013435000004^801942");
        assertThat(wristband.value(RECIPIENT)).hasValue("950600013435000004");
        assertThat(wristband.value(SERVICE_INSTANCE)).hasValue("42");
        assertThat(wristband.value(GTIN)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "^", "]d2", "]d2^", "]Q3", "]C1", "]C1^", "]e0"})
    void whatever_a_decoder_puts_in_front_the_elements_are_the_same(String prefix) throws ElementStringException {
        assertThat(parse(prefix + "00106141411234567897").value(SSCC)).hasValue("106141411234567897");
    }

    @Test
    void a_separator_after_a_predefined_length_is_tolerated() throws ElementStringException {
        assertThat(parse("0100614141999996^10A").value(BATCH)).hasValue("A");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "^",
                "]d2",
                "hello",
                "9912",
                "0",
                "01",
                "010950600013435",
                "0109506000134353",
                "010950600013435A",
                "0109506000134352^",
                "0109506000134352^^10A",
                "10",
                "10^21A",
                "10123456789012345678901",
                "10A B",
                "10A\u0000",
                "10Ä",
                "801895060001343500000",
                "8018950600013435000005",
                "801895060001343500000410A",
                "801942",
                "17261301",
                "17260230",
                "1726123",
                "17²61231",
                "10A^10B",
                "801012ab",
                "8011A",
                "80030950600013435",
                "]d1^0109506000134352",
                "0109506000134352]d210A"
            })
    void what_is_not_an_element_string_is_refused(String text) {
        assertThatExceptionOfType(ElementStringException.class).isThrownBy(() -> parse(text));
    }

    @Test
    void the_same_element_may_come_twice_if_it_says_the_same() throws ElementStringException {
        assertThat(parse("10A^10A").values()).isEqualTo(Map.of(BATCH, "A"));
    }

    @Test
    void a_text_longer_than_any_code_is_refused_before_it_is_looked_at() {
        assertThatExceptionOfType(ElementStringException.class)
                .isThrownBy(() -> parse("10A^".repeat(2000)))
                .withMessageContaining("longer than any code");
    }

    @Test
    void an_error_says_where_but_not_what_it_found() {
        assertThatExceptionOfType(ElementStringException.class)
                .isThrownBy(() -> parse("0109506000134353"))
                .satisfies(e -> assertThat(e.offset()).isEqualTo(15))
                .withMessage("wrong check digit, at character 15");
    }

    @ParameterizedTest
    @CsvSource({
        "260228, 2026-02-28",
        "240229, 2024-02-29",
        "260200, 2026-02-28",
        "760101, 2076-01-01",
        "770101, 1977-01-01",
        "991231, 1999-12-31",
        "000101, 2000-01-01",
    })
    void the_century_is_the_nearest_and_day_00_the_last_of_the_month(String digits, LocalDate date)
            throws ElementStringException {
        assertThat(parse("17" + digits).date(EXPIRY)).hasValue(date);
    }

    @Test
    void towards_the_end_of_a_century_small_years_are_of_the_next() throws ElementStringException {
        assertThat(ElementString.parse("17020630", Year.of(2090)).date(EXPIRY)).hasValue(LocalDate.of(2102, 6, 30));
    }

    @Test
    void a_leap_day_exists_only_in_the_century_it_falls_into() {
        assertThatExceptionOfType(ElementStringException.class)
                .isThrownBy(() -> ElementString.parse("17000229", Year.of(2060)).date(EXPIRY));
    }

    @Test
    void only_dates_are_dates() throws ElementStringException {
        ElementString batch = parse("10A");
        assertThatIllegalArgumentException().isThrownBy(() -> batch.date(BATCH));
    }

    @Test
    void every_single_wrong_digit_is_found() {
        String gsrn = "950600013435000004";
        for (int i = 0; i < gsrn.length(); i++) {
            for (char digit = '0'; digit <= '9'; digit++) {
                String changed = gsrn.substring(0, i) + digit + gsrn.substring(i + 1);
                assertThat(CheckDigit.matches(changed)).isEqualTo(changed.equals(gsrn));
            }
        }
    }

    @Test
    void no_identifier_is_the_beginning_of_another() {
        for (ApplicationIdentifier one : ApplicationIdentifier.values()) {
            for (ApplicationIdentifier other : ApplicationIdentifier.values()) {
                assertThat(one != other && other.code().startsWith(one.code())).isFalse();
            }
        }
    }

    @Test
    void random_texts_are_read_or_refused_but_nothing_else_happens() {
        long seed = 20261122;
        SplittableRandom random = new SplittableRandom(seed);
        String alphabet = "0123456789^AaZ]d2Q3-_ \u00ff";
        for (int i = 0; i < 200_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(40); length > 0; length--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                assertThat(parse(text.toString()).values()).as("seed %d", seed).isNotEmpty();
            } catch (ElementStringException e) {
                assertThat(e.offset()).as("seed %d", seed).isBetween(0, text.length());
            }
        }
    }

    @Test
    void values_that_may_name_a_patient_are_not_printed() throws ElementStringException {
        assertThat(parse("8018950600013435000004")).hasToString("ElementString[RECIPIENT]");
    }

    private static ElementString parse(String text) throws ElementStringException {
        return ElementString.parse(text.replace('^', ElementString.SEPARATOR), NOW);
    }
}
