package org.securemed.card.profile;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Why a card is not accepted. Stable codes, listed in {@code docs/cards.md}. */
public enum RefusalReason {
    /** The PC/SC service cannot be reached. */
    NO_SERVICE("The smart card service does not run. Start pcscd."),
    /** No such reader. */
    READER_NOT_FOUND("There is no such reader, or the name fits several."),
    /** No card in the reader. */
    NO_CARD("There is no card in the reader."),
    /** Nothing that a profile speaks. */
    CARD_UNKNOWN("The card is of no kind that is known here."),
    /** Gone in the middle. */
    CARD_LOST("The card was pulled, swapped or reset while it was read. Start again."),
    /** What the card holds is incomplete or not well-formed. */
    CARD_MALFORMED("The card's data are incomplete or malformed, or it does not do what its kind must do."),
    /** Not the card that the reading began with. */
    CARD_CHANGED("The card at the end is not the one at the beginning. Start again."),
    /** CHUID's expiry date is past. */
    CARD_EXPIRED("The card has expired."),
    /** The certificate does not name the card's GUID. */
    GUID_MISMATCH("The certificate belongs to another card."),
    /** No path to the hospital's CA. */
    CERTIFICATE_UNTRUSTED("The certificate was not issued by the hospital's CA."),
    /** Not valid any more. */
    CERTIFICATE_EXPIRED("The certificate has expired."),
    /** Not valid yet. */
    CERTIFICATE_NOT_YET_VALID("The certificate is not valid yet."),
    /** On the CRL. */
    CERTIFICATE_REVOKED("The certificate was revoked."),
    /** No CRL of the issuer. */
    REVOCATION_UNKNOWN("There is no genuine revocation list of the certificate's issuer."),
    /** The CRL's next update is past. */
    REVOCATION_STALE("The revocation list is too old. Fetch the current one."),
    /** Certificate of another slot or purpose. */
    KEY_USAGE("The certificate is not for this use."),
    /** RSA-1024 and the like. */
    KEY_UNSUPPORTED("The key is of a kind or size that is not accepted."),
    /** The key is not the certificate's: a copy, or a recorded answer. */
    SIGNATURE_INVALID(
            "The card does not hold the certificate's key: it is a copy, or the answer was recorded earlier."),
    /** The card's random numbers repeat: whoever saw its signatures can compute its key. */
    RANDOMNESS_WEAK("The card's signatures are predictable, so its key can be computed. Take the card in."),
    /** The answer came for a challenge that does not exist, any more. */
    CHALLENGE_UNKNOWN("The challenge was answered before, is too old, or never was. Start again."),
    /** Not enrolled. */
    NOT_ENROLLED("The card is genuine and not enrolled here."),
    /** Enrolled, and not to be used. */
    NOT_ACTIVE("The card is enrolled and not active: suspended, lost, replaced, expired, or not yet activated."),
    /** The reader has keys, and no PIN was typed on them. */
    PIN_NOT_TYPED("No PIN was typed on the reader, or the reader has no keys for it."),
    /** Slower than a card that is here. */
    CARD_FAR("The card answers too slowly for one that is here: its answers may be relayed."),
    /** Wrong PIN. */
    PIN_WRONG("The PIN is wrong. It was not tried again."),
    /** PIN of a wrong form: not even sent. */
    PIN_MALFORMED("The PIN is not six to eight digits. It was not tried."),
    /** One attempt left: not even sent. */
    PIN_LAST_ATTEMPT("One attempt at the PIN is left. It was not tried; go to the card desk."),
    /** Blocked. */
    PIN_BLOCKED("The PIN is blocked."),
    /** The registry was asked and did not answer. */
    REGISTRY_UNAVAILABLE("The registry of cards does not answer, or not with what it must."),
    /** A command that cannot be understood. */
    USAGE("The command cannot be understood."),
    /** Our fault. */
    INTERNAL("The program failed. Nothing was decided about the card."),
    /** The hospital's CA file or CRL file cannot be read. */
    TRUST_UNREADABLE("The CA's certificates or its revocation list cannot be read.");

    private final String sentence;

    RefusalReason(String sentence) {
        this.sentence = sentence;
    }

    /** Stable: the name in lower case with hyphens. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** As the code of a problem: begins with {@code card-}. */
    public String problem() {
        return "card-" + code().replaceFirst("^card-", "");
    }

    /** The reason of this code. */
    public static Optional<RefusalReason> of(String code) {
        return Arrays.stream(values())
                .filter(reason -> reason.code().equals(code))
                .findFirst();
    }

    /** The reason of this problem. */
    public static Optional<RefusalReason> ofProblem(String problem) {
        return Arrays.stream(values())
                .filter(reason -> reason.problem().equals(problem))
                .findFirst();
    }

    /** Whether a reader finds it, when there is a card, before the card has answered. */
    public boolean isOfReader() {
        return switch (this) {
            case CARD_UNKNOWN,
                    CARD_LOST,
                    CARD_MALFORMED,
                    CARD_CHANGED,
                    CARD_EXPIRED,
                    KEY_UNSUPPORTED,
                    PIN_NOT_TYPED,
                    CARD_FAR,
                    PIN_WRONG,
                    PIN_LAST_ATTEMPT,
                    PIN_BLOCKED -> true;
            default -> false;
        };
    }

    /** For the operator: what happened, what to do. Holds nothing of the card. */
    public String sentence() {
        return sentence;
    }
}
