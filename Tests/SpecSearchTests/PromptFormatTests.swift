import SpecSearch
import XCTest

final class PromptFormatTests: XCTestCase {
    func testQuestionStandsInThePrompt() throws {
        let format = try PromptFormat(prompt: "Q: {question}\n", separator: "\n", answer: "A: {answer}")
        XCTAssertEqual(try format.prompt(for: "How many?"), "Q: How many?\n")
        XCTAssertEqual(try format.prompt(for: "Is {question} {answer}?"), "Q: Is {question} {answer}?\n")
    }

    func testQuestionIsOneLineWhereThoughtsAreLines() throws {
        let format = try PromptFormat(prompt: "Q: {question}\n", separator: "\n", answer: "A: {answer}")
        XCTAssertEqual(try format.prompt(for: "  One\r\n\n two\u{2028}three\t "), "Q: One two three\n")
    }

    func testQuestionKeepsItsLinesWhereThoughtsAreParagraphs() throws {
        let format = try PromptFormat(
            prompt: "<|im_start|>user\n{question}<|im_end|>\n", separator: "\n\n", answer: "\\boxed{{answer}}")
        XCTAssertEqual(
            try format.prompt(for: "\nOne\n\ntwo  three\n"), "<|im_start|>user\nOne\n\ntwo  three<|im_end|>\n")
    }

    func testQuestionWithoutTextIsRefused() throws {
        let format = try PromptFormat(prompt: "{question}", separator: "\n", answer: "A: {answer}")
        for question in ["", " ", "\n\t \u{A0}\u{3000}"] {
            XCTAssertThrowsError(try format.prompt(for: question)) {
                XCTAssertEqual($0 as? SearchError, .emptyQuestion)
            }
        }
    }

    func testTemplatesWithoutTheirPlaceHolderAreRefused() {
        let broken = [
            ("Q:", "\n", "A {answer}"), ("{question}{question}", "\n", "A {answer}"), ("{question}", "", "A {answer}"),
            ("{question}", "\n", "A"), ("{question}", "\n", "{answer}"), ("{question}", "\n", "A {answer} {answer}"),
        ]
        for (prompt, separator, answer) in broken {
            XCTAssertThrowsError(try PromptFormat(prompt: prompt, separator: separator, answer: answer)) {
                guard case .template? = $0 as? BundleError else { return XCTFail("\($0)") }
            }
        }
    }

    func testAnswerEndsAtTheFullStopThatEndsIt() throws {
        let cases: [(String, String?)] = [
            ("The answer is 32.", "32"), ("The answer is 32.\n", "32"), ("So:\nThe answer is  -7 .\n", "-7"),
            ("The answer is 3.5.", "3.5"), ("The answer is U.S.A.\n", "U.S.A"), ("The answer is 5.** Done.", "5"),
            ("The answer is 1.\nThe answer is 2.\n", "2"), ("The answer is 1. The answer is 2.", "2"),
            ("The answer is The answer is 2.", "2"), ("The answer is 1.\nThe answer is", "1"),
            ("The answer is 1.\nThe answer is .", "1"), ("The answer is not clear\nyet.", nil),
            ("the answer is 3.", nil),
            ("The answer is .", nil), ("The answer is 3", nil), ("", nil), ("The answer is caf\u{E9}.", "caf\u{E9}"),
        ]
        let format = try PromptFormat(prompt: "{question}", separator: "\n", answer: "The answer is {answer}.")
        for (text, answer) in cases { XCTAssertEqual(format.answer(in: text), answer, text) }
    }

    func testAnswerInBracesBalancesThem() throws {
        let cases: [(String, String?)] = [
            ("So \\boxed{42}.", "42"), ("$\\boxed{\\frac{1}{2}}$", "\\frac{1}{2}"),
            ("\\boxed{1} and \\boxed{ 2 }", "2"),
            ("\\boxed{a\nb}", "a\nb"), ("\\boxed{1} \\boxed{2", "1"), ("\\boxed{{1}", nil), ("\\boxed{}", nil),
            ("\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"), ("\\boxed{\\left\\{1\\right.}", "\\left\\{1\\right."),
            ("{ \\boxed{3} }", "3"), ("} \\boxed{3}", "3"), ("\\boxed{\\boxed{4}}", "4"), ("\\boxed 5", nil),
            ("\\boxed{x\\\\}", "x\\\\"),
        ]
        let format = try PromptFormat(prompt: "{question}", separator: "\n\n", answer: "\\boxed{{answer}}")
        for (text, answer) in cases { XCTAssertEqual(format.answer(in: text), answer, text) }
    }

    func testAnswerMarkMayEndWithTheLineOrAnotherText() throws {
        let hashes = try PromptFormat(prompt: "{question}", separator: "\n", answer: "#### {answer}")
        XCTAssertEqual(hashes.answer(in: "1 + 1 = 2\n#### 2"), "2")
        XCTAssertEqual(hashes.answer(in: "#### 1,000 \nmore"), "1,000")
        XCTAssertNil(hashes.answer(in: "####"))
        let tags = try PromptFormat(prompt: "{question}", separator: "\n", answer: "<answer>{answer}</answer>")
        XCTAssertEqual(tags.answer(in: "<answer>5</answer>more"), "5")
        XCTAssertNil(tags.answer(in: "<answer>5\n</answer>"))
        let line = try PromptFormat(prompt: "{question}", separator: "\n\n", answer: "Answer:\n{answer}\n")
        XCTAssertEqual(line.answer(in: "Answer:\n5\n"), "5")
    }

    func testAnswersAreFoundInLinearTimeInTextsMadeToBeSlow() throws {
        let boxed = try PromptFormat(prompt: "{question}", separator: "\n\n", answer: "\\boxed{{answer}}")
        let sentence = try PromptFormat(prompt: "{question}", separator: "\n", answer: "The answer is {answer}.")
        let count = 50_000
        let opened = String(repeating: "\\boxed{", count: count)
        let begun = String(repeating: "The answer is ", count: count)
        let clock = ContinuousClock()
        // A quadratic search would look at more than 10^10 bytes.
        let time = clock.measure {
            XCTAssertNil(boxed.answer(in: opened))
            XCTAssertEqual(boxed.answer(in: opened + "1" + String(repeating: "}", count: count)), "1")
            XCTAssertNil(sentence.answer(in: begun))
            XCTAssertEqual(sentence.answer(in: begun + "1."), "1")
        }
        XCTAssertLessThan(time, .seconds(30))
    }
}
